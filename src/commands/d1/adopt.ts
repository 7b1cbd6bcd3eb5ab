import type { Context } from '../../context.ts';
import { addPlanOptions, type PlanFlags } from '../../plan/plan.ts';
import { type Declare, describe } from '../command.ts';
import {
  adoptionStep,
  applySteps,
  migrationStep,
  readWork,
  refuseUndecidable,
  tellDifferences,
} from './apply.ts';

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('adopt')
    .summary('make the tables of another program ready, and migrate')
    .description(
      describe(
        'Makes a database ready whose tables have the names of goblin’s and other columns: missing columns are ' +
          'added and filled from those that mean the same; a table for which that cannot work is renamed, and its ' +
          'rows are copied. Nothing is dropped. Then the pending migrations are applied, as `goblin d1 migrate` does.',
        ['goblin d1 adopt --dry-run', 'goblin d1 adopt --yes'],
      ),
    )
    .action((flags: PlanFlags) => run(adopt, flags));
  addPlanOptions(command);
};

/** @throws as `carryOut` */
export async function adopt(context: Context, flags: PlanFlags): Promise<void> {
  const work = await readWork(context);
  const { adoption, pending, first } = work.state;
  await tellDifferences(context, work.state);
  if (adoption.notes.length === 0) refuseUndecidable(work.state);
  const needed = adoption.notes.length > 0;
  // The first migration is applied with the adoption.
  const left = needed ? pending.filter(({ file }) => file.name !== first?.name) : pending;
  const steps = left.map((each) => migrationStep(context, work, each));
  const all = needed ? [adoptionStep(context, work), ...steps] : steps;
  await applySteps(context, work, all, flags);
  if (flags.dryRun && needed)
    for (const sql of adoption.before) await context.log.note(`  ${sql};`);
}
