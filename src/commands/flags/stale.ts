import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import { defaultOf, valueAt } from '../../flags/settings.ts';
import type { Column } from '../../output/columns.ts';
import type { FlagValue } from '../../shards/flag-value.ts';
import type { FlagRow } from '../../tables/flags.ts';
import { type Declare, describe } from '../command.ts';
import { openFlagDatabase } from './stored.ts';

interface StaleRow {
  flag: string;
  value: FlagValue;
  owner: string | null;
  /** Null where the time is not known. */
  updated_at: number | null;
  updated_by: string | null;
  description: string | null;
}

const COLUMNS: readonly Column<StaleRow>[] = [
  { name: 'flag', kind: 'text', role: 'identifier' },
  { name: 'value', kind: 'flag' },
  { name: 'owner', kind: 'text' },
  { name: 'updated_at', kind: 'time' },
  { name: 'updated_by', kind: 'text' },
  { name: 'description', kind: 'text', role: 'secondary' },
];

interface Options extends FieldsFlag<StaleRow> {
  days: number;
}

const DEFAULT_DAYS = 30;
const DAY_MS = 86_400_000;

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('stale')
    .summary('flags that nobody has changed for long')
    .description(
      describe(
        'Flags that were not changed for so many days, the oldest first: their code can be cleaned up. Built-in ' +
          'flags and those marked by `goblin flags describe --permanent` are meant to stay and are left ' +
          'out. Needs a D1 database.',
        ['goblin flags stale', 'goblin flags stale --days 90 --json'],
      ),
    )
    .option('--days <count>', 'not changed for so many days', parseCount, DEFAULT_DAYS);
  addFieldsOption(command, COLUMNS).action((options: Options) => run(stale, options));
};

/** Lists stale flags. @throws {GoblinError} exit 4 without a database */
export async function stale(context: Context, { days, fields }: Options): Promise<void> {
  const { rows } = await (await openFlagDatabase(context)).read();
  const now = context.now();
  const since = now - days * DAY_MS;
  const found = [...rows.values()]
    .filter(({ name, permanent }) => !permanent && defaultOf(name) === null)
    .filter(({ updated_at }) => (updated_at ?? 0) <= since)
    .sort((a, b) => (a.updated_at ?? 0) - (b.updated_at ?? 0));
  await context.output.list(
    fields ?? COLUMNS,
    found.map((row) => staleRow(row, now)),
    { empty: `Every flag was changed within ${days} days, or is meant to stay.` },
  );
}

function staleRow(row: FlagRow, now: number): StaleRow {
  const { name, owner, updated_at, updated_by, description } = row;
  const value = valueAt(name, row, now);
  return { flag: name, value, owner, updated_at, updated_by, description };
}
