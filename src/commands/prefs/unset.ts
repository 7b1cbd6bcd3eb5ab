import type { Context } from '../../context.ts';
import { preferencesOf } from '../../tables/preferences.ts';
import { type Declare, describe } from '../command.ts';
import { changePreferences, parseName, readRow } from './change.ts';
import { notSet, showPreferences } from './rows.ts';

interface Options {
  user: string;
  names: readonly string[];
}

export const declare: Declare = (noun, run) => {
  noun
    .command('unset <user> <name...>')
    .summary('take preferences of a user back')
    .description(
      describe('Unsets preferences of a user, all that are named or none.', [
        'goblin prefs unset u_42 theme',
        'goblin prefs unset u_42 temperature max_tokens',
      ]),
    )
    .action((user: string, names: string[]) => run(unset, { user, names: names.map(parseName) }));
};

/** Unsets preferences and shows the others. @throws {GoblinError} `not_set`, exit 3 */
export async function unset(context: Context, { user, names }: Options): Promise<void> {
  const row = await readRow(await context.database(), user);
  const before = preferencesOf(row ?? {});
  const missing = names.find((name) => !Object.hasOwn(before, name));
  if (missing !== undefined) throw notSet(user, missing);
  const changes = Object.fromEntries(names.map((name) => [name, null]));
  await showPreferences(context, await changePreferences(context, user, row, changes));
}
