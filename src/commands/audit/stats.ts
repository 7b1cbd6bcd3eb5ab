import { Option } from 'commander';
import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import type { Column } from '../../output/columns.ts';
import { auditStats } from '../../tables/audit.ts';
import { fromSqlTime } from '../../tables/sql-time.ts';
import { type Declare, describe } from '../command.ts';
import { actorFilter } from './list.ts';
import { type AuditFlags, addAuditFilters, filterOf } from './query.ts';

const GROUPS = ['action', 'actor', 'target', 'outcome'] as const;
type Group = (typeof GROUPS)[number];

interface Options extends AuditFlags {
  by: Group;
  count: number;
}

/** A value of the group and what was counted of it. */
interface StatsRow extends Record<Group, string | null> {
  entries: number;
  last: number | null;
}

const ROWS = 20;

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('stats')
    .summary('how many changes, by action, actor, target or outcome')
    .description(
      describe(
        'Counts the entries of the audit log, of the last 30 days unless --since says more.',
        ['goblin audit stats --since 7d', 'goblin audit stats --by actor --action flags.set'],
      ),
    )
    .addOption(new Option('--by <what>', 'what to count by').choices(GROUPS).default('action'))
    .option('-n, --count <n>', 'at most n rows', parseCount, ROWS);
  addAuditFilters(command).action((flags: Options) => run(stats, flags));
};

/** Counts entries by one of their fields. */
export async function stats(context: Context, options: Options): Promise<void> {
  const filter = { since: '30d', ...options, ...actorFilter(context) };
  const { by, count } = options;
  const database = await context.database();
  const { sql, params } = auditStats(by, filterOf(filter, context.now()), count);
  const { rows } = await database.query(sql, params);
  const columns: readonly Column<StatsRow>[] = [
    { name: by, kind: 'text', role: 'identifier' },
    { name: 'entries', kind: 'number' },
    { name: 'last', kind: 'time', role: 'secondary' },
  ];
  const counted = rows.map((row) => ({
    [by]: row[by],
    entries: Number(row.entries),
    last: fromSqlTime(row.last),
  }));
  await context.output.list<StatsRow>(columns, counted, {
    empty: 'No entry of the audit log fits.',
  });
}
