import type { Context } from '../../context.ts';
import { preferencesOf } from '../../tables/preferences.ts';
import { type Declare, describe } from '../command.ts';
import { parseName, readRow } from './change.ts';
import { notSet, showPreferences } from './rows.ts';

interface Options {
  user: string;
  name?: string | undefined;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('get <user> [name]')
    .summary('what one user has set')
    .description(
      describe('Shows the preferences of a user, or one of them. Exit 3 where it is not set.', [
        'goblin prefs get u_42',
        'goblin prefs get u_42 theme --json',
      ]),
    )
    .action((user: string, name: string | undefined) =>
      run(get, { user, name: name === undefined ? undefined : parseName(name) }),
    );
};

/** Shows what a user has set. @throws {GoblinError} `not_set`, exit 3 */
export async function get(context: Context, { user, name }: Options): Promise<void> {
  const row = await readRow(await context.database(), user);
  if (!row) throw notSet(user);
  const set = preferencesOf(row);
  if (name === undefined) return showPreferences(context, set);
  if (!Object.hasOwn(set, name)) throw notSet(user, name);
  await showPreferences(context, { [name]: set[name] });
}
