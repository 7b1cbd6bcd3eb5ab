import type { Context } from '../../context.ts';
import { type Declare, describe } from '../command.ts';
import { HELD_COLUMNS } from './place.ts';
import { findUser, nothingHeld } from './places.ts';

interface Options {
  user: string;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('show <user>')
    .summary('what is held about a user')
    .description(
      describe(
        'Lists what KV, chat rooms and the D1 database hold about a user, as far as there are any. Rooms are asked ' +
          'through the edge, with its admin token. Audit entries are searched for the user in a scan of the ' +
          'whole table.',
        ['goblin user show u_42', 'goblin user show u_42 --json'],
      ),
    )
    .action((user: string) => run(show, { user }));
};

/** Lists what is held. @throws {GoblinError} `no_such_user`, exit 3 */
export async function show(context: Context, { user }: Options): Promise<void> {
  const held = (await findUser(context, user)).flatMap((holding) => holding.held);
  if (held.length === 0) throw nothingHeld(user);
  await context.output.list(HELD_COLUMNS, held);
}
