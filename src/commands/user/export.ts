import type { Context } from '../../context.ts';
import { type Declare, describe } from '../command.ts';
import { findUser, nothingHeld } from './places.ts';

interface Options {
  user: string;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('export <user>')
    .summary('everything held about a user, as JSON')
    .description(
      describe(
        'Writes one JSON object with everything held about a user; sessions by their handles.',
        ['goblin user export u_42 > u_42.json'],
      ),
    )
    .action((user: string) => run(exportUser, { user }));
};

/** Writes everything held as one JSON object. @throws {GoblinError} `no_such_user`, exit 3 */
export async function exportUser(context: Context, { user }: Options): Promise<void> {
  const found = await findUser(context, user);
  if (found.every(({ held }) => held.length === 0)) throw nothingHeld(user);
  const parts: Readonly<Record<string, unknown>>[] = [];
  for (const holding of found) parts.push(await holding.export());
  const whole = Object.assign({ user_id: user }, ...parts);
  await context.output.raw(Buffer.from(`${JSON.stringify(whole, null, 2)}\n`));
}
