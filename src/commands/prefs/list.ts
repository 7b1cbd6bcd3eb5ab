import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import type { Column, Shown } from '../../output/columns.ts';
import { listPreferences, type Preferences, preferencesOf } from '../../tables/preferences.ts';
import { fromSqlTime } from '../../tables/sql-time.ts';
import { type Declare, describe } from '../command.ts';

interface Options {
  count: number;
  after?: string;
}

interface UserRow {
  user_id: string;
  preferences: Preferences;
  updated_at: number | null;
}

const COLUMNS: readonly Column<UserRow>[] = [
  { name: 'user_id', kind: 'text', role: 'identifier' },
  { name: 'preferences', kind: 'json' },
  { name: 'updated_at', kind: 'time', role: 'secondary' },
];

const ROWS = 100;
const PAGE = 500;

export const declare: Declare = (noun, run) => {
  noun
    .command('list')
    .summary('the preferences of all users')
    .description(
      describe('Lists users that have set something, in order of their ids.', [
        'goblin prefs list',
        'goblin prefs list -n 1000 --after u_42 -o ndjson',
      ]),
    )
    .option('-n, --count <n>', 'at most n users', parseCount, ROWS)
    .option('--after <user>', 'go on after this user')
    .action((flags: Options) => run(list, flags));
};

/** Lists users by keyset pages. */
export async function list(context: Context, { count, after: start }: Options): Promise<void> {
  const database = await context.database();
  let last = start;
  async function* rows(): AsyncGenerator<Shown<UserRow>> {
    for (let left = count; left > 0; left -= PAGE) {
      const limit = Math.min(PAGE, left);
      const { sql, params } = listPreferences(limit, last);
      const page = (await database.query(sql, params)).rows;
      for (const row of page) {
        last = String(row.user_id);
        yield {
          user_id: last,
          preferences: preferencesOf(row),
          updated_at: fromSqlTime(row.updated_at),
        };
      }
      if (page.length < limit) return;
    }
  }
  const shown = await context.output.list(COLUMNS, rows(), { empty: 'No user has set anything.' });
  if (shown === count) await context.log.note(`There may be more: --after '${last}' goes on.`);
}
