import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import type { Column } from '../../output/columns.ts';
import { type FlagValue, isFlagValue } from '../../shards/flag-value.ts';
import { fieldsOf } from '../../shards/summary.ts';
import type { ChangeRecord } from '../../tables/flag-changes.ts';
import { type Declare, describe } from '../command.ts';
import { requireKnown } from './names.ts';
import { openFlagDatabase } from './stored.ts';

interface Options {
  flag?: string;
  limit: number;
}

/** `from` and `to` are null where the flag was not set; the whole states are in `from_value` and `to_value`. */
interface ChangeRow {
  changed_at: number | null;
  flag: string;
  version: number;
  from: FlagValue | null;
  to: FlagValue | null;
  changed_by: string | null;
  reason: string | null;
  from_value: unknown;
  to_value: unknown;
}

const COLUMNS: readonly Column<ChangeRow>[] = [
  { name: 'changed_at', kind: 'time' },
  { name: 'flag', kind: 'text', role: 'identifier' },
  { name: 'version', kind: 'number' },
  { name: 'from', kind: 'flag' },
  { name: 'to', kind: 'flag' },
  { name: 'changed_by', kind: 'text' },
  { name: 'reason', kind: 'text' },
  { name: 'from_value', kind: 'json', machineOnly: true },
  { name: 'to_value', kind: 'json', machineOnly: true },
];

const DEFAULT_LIMIT = 50;

export const declare: Declare = (noun, run) => {
  noun
    .command('history [flag]')
    .summary('who changed flags, when and why')
    .description(
      describe(
        'The changes of one flag or of all, newest first, with who made them and why. Needs a D1 database.',
        ['goblin flags history', 'goblin flags history new_ui_enabled --json'],
      ),
    )
    .option('-n, --limit <count>', 'at most so many changes', parseCount, DEFAULT_LIMIT)
    .action((flag: string | undefined, { limit }: Pick<Options, 'limit'>) =>
      run(history, { limit, ...(flag !== undefined && { flag }) }),
    );
};

/** Lists changes, for one request. @throws {GoblinError} exit 3 for a flag that never was, 4 without a database */
export async function history(context: Context, { flag, limit }: Options): Promise<void> {
  const store = await openFlagDatabase(context);
  const changes = await store.history(flag, limit);
  if (flag !== undefined && changes.length === 0) {
    requireKnown([flag], (await store.read()).settings);
  }
  await context.output.list(COLUMNS, changes.map(rowOf), { empty: 'No change is recorded.' });
}

function rowOf({ flag_name, ...change }: ChangeRecord): ChangeRow {
  const [from, to] = [valueIn(change.from_value), valueIn(change.to_value)];
  return { flag: flag_name, from, to, ...change };
}

function valueIn(state: unknown): FlagValue | null {
  const { value } = fieldsOf(state);
  return isFlagValue(value) ? value : null;
}
