import type { Context } from '../../context.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import { type Declare, describe } from '../command.ts';
import { HELD_COLUMNS } from './place.ts';
import { findUser } from './places.ts';

interface Options extends PlanFlags {
  user: string;
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('forget <user>')
    .summary('erase everything held about a user')
    .description(
      describe(
        'Deletes the sessions, conversation, messages in rooms, preferences and usage of a user; fields of a ' +
          'room’s document stay without the name. Audit entries that name the user ' +
          'stay, without the user: the name becomes "forgotten", details, address and user agent go. Running it ' +
          'again finishes what was interrupted, and erases what an edge has written since.',
        ['goblin user forget u_42 --dry-run', 'goblin user forget u_42 --yes'],
      ),
    )
    .action((user: string, flags: PlanFlags) => run(forget, { ...flags, user }));
  addPlanOptions(command);
};

/** Erases everything by one plan, in the order of the places; its own audit entry does not name the user. */
export async function forget(context: Context, options: Options): Promise<void> {
  const found = await findUser(context, options.user);
  const steps = found.map((holding) => holding.forget());
  await carryOut(
    context,
    {
      verb: ['forget', 'forgotten'],
      noun: ['record', 'records'],
      columns: HELD_COLUMNS,
      steps: steps.filter(({ changes }) => changes.length > 0),
      target: null,
    },
    options,
  );
}
