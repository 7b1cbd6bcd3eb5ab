import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { addPlanOptions, type PlanFlags } from '../../plan/plan.ts';
import { type Declare, describe } from '../command.ts';
import {
  applySteps,
  migrationStep,
  readWork,
  refuseUndecidable,
  tellDifferences,
} from './apply.ts';

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('migrate')
    .summary('apply pending migrations')
    .description(
      describe(
        'Applies the migrations that are pending and records them as `wrangler d1 migrations apply` does: either ' +
          'tool goes on where the other one stopped. They are read from migrations_dir of the wrangler file, else ' +
          'they are those of this version of goblin. A database of the first generation is upgraded in place: no ' +
          'row and no column is lost. A file and its record are one transaction.',
        [
          'goblin d1 migrate --dry-run',
          'goblin d1 migrate',
          'goblin d1 migrate --env production --yes',
        ],
      ),
    )
    .action((flags: PlanFlags) => run(migrate, flags));
  addPlanOptions(command);
};

/** @throws {GoblinError} `unknown_schema` where `goblin d1 adopt` has to come first, and as `carryOut` */
export async function migrate(context: Context, flags: PlanFlags): Promise<void> {
  const work = await readWork(context);
  const { pending, adoption } = work.state;
  await tellDifferences(context, work.state);
  refuseUndecidable(work.state);
  if (pending.length > 0 && adoption.notes.length > 0) {
    throw new GoblinError(
      'failed',
      'unknown_schema',
      `the tables are not those that the migrations expect: ${adoption.notes.join('; ')}`,
      {
        hint: 'Nothing was changed. `goblin d1 adopt --dry-run` shows what would be done to them.',
      },
    );
  }
  const steps = pending.map((each) => migrationStep(context, work, each));
  await applySteps(context, work, steps, flags);
}
