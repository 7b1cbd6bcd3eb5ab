import type { Context } from '../../context.ts';
import type { Column } from '../../output/columns.ts';
import { utcDay } from '../../tables/sql-time.ts';
import { usageOfUser } from '../../tables/usage.ts';
import { parseInstant } from '../../text/durations.ts';
import { checkedTime } from '../audit/query.ts';
import { type Declare, describe } from '../command.ts';
import { bar } from '../events/bar.ts';
import { BAR, SUM_COLUMNS, type SumsRow, sumsOf } from './rows.ts';

interface Options {
  user: string;
  since: string;
}

interface DayRow extends SumsRow {
  day: string;
}

const BAR_WIDTH = 30;
const DAY_MS = 86_400_000;
/** Days that are shown though nothing was used on them; more would be pages of nothing. */
const MOST_DAYS = 400;

export const declare: Declare = (noun, run) => {
  noun
    .command('show <user>')
    .summary('what one user asked, day by day')
    .description(
      describe('Shows the usage of a user for each UTC day, with a bar for its requests.', [
        'goblin usage show u_42',
        'goblin usage show u_42 --since 7d -o json',
      ]),
    )
    .option('--since <time>', 'from that UTC day on: 7d, 2026-01-31', checkedTime, '29d')
    .action((user: string, flags: Omit<Options, 'user'>) => run(show, { user, ...flags }));
};

/** Lists the days of a user, those without a request too. */
export async function show(context: Context, { user, since }: Options): Promise<void> {
  const from = parseInstant(since, context.now());
  const database = await context.database();
  const { sql, params } = usageOfUser(user, from);
  const found = (await database.query(sql, params)).rows;
  const byDay = new Map(found.map((row) => [String(row.day), sumsOf(row)]));
  const most = Math.max(0, ...[...byDay.values()].map(({ requests }) => requests));
  const rows = found.length === 0 ? [] : daysFrom(from, context.now(), byDay);
  const columns: readonly Column<DayRow>[] = [
    { name: 'day', kind: 'text', role: 'identifier' },
    ...SUM_COLUMNS,
    ...(context.format === 'table' ? [BAR] : []),
  ];
  const shown = rows.map((row) => ({ ...row, bar: bar(row.requests, most, BAR_WIDTH) }));
  await context.output.list<DayRow>(columns, shown, { empty: `No usage of ${user} since then.` });
}

/** Every day of the window; of a longer one than anybody would read, those with usage. */
function daysFrom(from: number, now: number, byDay: ReadonlyMap<string, SumsRow>): DayRow[] {
  const count = Math.floor((now - from) / DAY_MS) + 2;
  const days = new Set(byDay.keys());
  for (let i = 0; count <= MOST_DAYS && i < count; i++) {
    if (from + i * DAY_MS <= now) days.add(utcDay(from + i * DAY_MS));
  }
  days.add(utcDay(now));
  return [...days].sort().map((day) => ({ day, ...(byDay.get(day) ?? sumsOf({})) }));
}
