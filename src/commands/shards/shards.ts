import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import type { Context } from '../../context.ts';
import type { Column } from '../../output/columns.ts';
import { maskKey } from '../../shards/handle.ts';
import type { KvKey } from '../../shards/kv-key.ts';
import { identify, shards } from '../../shards/list.ts';
import { type Declare, describe } from '../command.ts';

interface Tally {
  keys: number;
  expire_in_1m: number;
  expire_in_1h: number;
  no_expiry: number;
  no_metadata: number;
  examples: string[];
}

interface ShardRow extends Tally {
  shard: string;
  pattern: string | null;
}

const COLUMNS: readonly Column<ShardRow>[] = [
  { name: 'shard', kind: 'text', role: 'identifier' },
  { name: 'pattern', kind: 'text', role: 'secondary', fixed: true },
  { name: 'keys', kind: 'number' },
  { name: 'expire_in_1m', kind: 'number', role: 'secondary' },
  { name: 'expire_in_1h', kind: 'number', role: 'secondary' },
  { name: 'no_expiry', kind: 'number', role: 'secondary' },
  { name: 'no_metadata', kind: 'number', role: 'secondary' },
  { name: 'examples', kind: 'json', machineOnly: true },
];

export const declare: Declare = (noun, run) => {
  addFieldsOption(noun, COLUMNS)
    .description(
      describe(
        'Counts what is stored, shard by shard, in one pass over the list; nothing is read.',
        ['goblin shards', 'goblin shards --json'],
      ),
    )
    .action((options: FieldsFlag<ShardRow>) => run(count, options));
};

/** Keys of no shard that are named. */
const EXAMPLES = 5;

/** Counts the keys of each shard, and names some that belong to none. */
export async function count(context: Context, { fields }: FieldsFlag<ShardRow>): Promise<void> {
  const kv = await context.kv();
  const tallies = new Map(
    [...shards.map(({ name }) => name), 'unknown'].map((name) => [name, empty()]),
  );
  const progress = context.log.progress('counted');
  let seen = 0;
  for await (const page of kv.pages()) {
    for (const key of page.keys) add(tallies, key, context.now());
    seen += page.keys.length;
    await progress.update(seen);
  }
  await progress.end();
  await context.output.list(fields ?? columnsIn(context), rows(tallies));
  const { keys = 0, examples = [] } = tallies.get('unknown') ?? {};
  if (keys > 0)
    await context.log.note(
      `${keys} of no shard: ${examples.join(', ')}${keys > examples.length ? ', …' : ''}`,
    );
}

/** In a table the pattern is last, for it is the first that there may be no room for. */
function columnsIn({ format }: Context): readonly Column<ShardRow>[] {
  if (format !== 'table') return COLUMNS;
  const isPattern = ({ name }: Column<ShardRow>) => name === 'pattern';
  return [...COLUMNS.filter((column) => !isPattern(column)), ...COLUMNS.filter(isPattern)];
}

const empty = (): Tally => ({
  keys: 0,
  expire_in_1m: 0,
  expire_in_1h: 0,
  no_expiry: 0,
  no_metadata: 0,
  examples: [],
});

function add(tallies: ReadonlyMap<string, Tally>, key: KvKey, now: number): void {
  const left = key.expiration === null ? Number.POSITIVE_INFINITY : key.expiration - now / 1000;
  if (left <= 0) return;
  const shard = identify(key.name)?.shard;
  const tally = tallies.get(shard?.name ?? 'unknown') ?? empty();
  tally.keys++;
  if (left <= 60) tally.expire_in_1m++;
  if (left <= 3600) tally.expire_in_1h++;
  if (key.expiration === null) tally.no_expiry++;
  if (key.metadata === null) tally.no_metadata++;
  if (!shard && tally.examples.length < EXAMPLES) tally.examples.push(maskKey(key.name));
}

function rows(tallies: ReadonlyMap<string, Tally>): ShardRow[] {
  const patterns = new Map(shards.map(({ name, pattern }) => [name, pattern]));
  return [...tallies].map(([shard, tally]) => ({
    shard,
    pattern: patterns.get(shard) ?? null,
    ...tally,
  }));
}
