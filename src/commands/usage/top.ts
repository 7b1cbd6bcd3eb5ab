import { Option } from 'commander';
import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import type { Column } from '../../output/columns.ts';
import { topUsage } from '../../tables/usage.ts';
import { parseInstant } from '../../text/durations.ts';
import { checkedTime } from '../audit/query.ts';
import { type Declare, describe } from '../command.ts';
import { bar } from '../events/bar.ts';
import { BAR, SUM_COLUMNS, type SumsRow, sumsOf } from './rows.ts';

const COLUMN = { user: 'user_id', endpoint: 'endpoint', day: 'day' } as const;
type Group = keyof typeof COLUMN;

interface Options {
  by: Group;
  since: string;
  count: number;
}

type TopRow = SumsRow & Record<(typeof COLUMN)[Group], string | null>;

const BAR_WIDTH = 20;

export const declare: Declare = (noun, run) => {
  noun
    .command('top')
    .summary('which users, endpoints or days have most requests')
    .description(
      describe(
        'Sums the usage of whole UTC days. A user without a name is all callers without a session.',
        ['goblin usage top', 'goblin usage top --by endpoint --since 30d -n 5 -o json'],
      ),
    )
    .addOption(
      new Option('--by <what>', 'what to sum by').choices(Object.keys(COLUMN)).default('user'),
    )
    .option('--since <time>', 'from that UTC day on: 7d, today, 2026-01-31', checkedTime, '7d')
    .option('-n, --count <n>', 'at most n rows', parseCount, 10)
    .action((flags: Options) => run(top, flags));
};

/** Lists those with the most requests. */
export async function top(context: Context, { by, since, count }: Options): Promise<void> {
  const database = await context.database();
  const { sql, params } = topUsage(by, parseInstant(since, context.now()), count);
  const found = (await database.query(sql, params)).rows;
  const most = Math.max(0, ...found.map(({ requests }) => Number(requests)));
  const rows = found.map((row) => {
    const sums = sumsOf(row);
    return { [COLUMN[by]]: row[COLUMN[by]], ...sums, bar: bar(sums.requests, most, BAR_WIDTH) };
  });
  const columns: readonly Column<TopRow>[] = [
    { name: COLUMN[by], kind: 'text', role: 'identifier' },
    ...SUM_COLUMNS,
    ...(context.format === 'table' ? [BAR] : []),
  ];
  await context.output.list<TopRow>(columns, rows, { empty: 'No usage since then.' });
}
