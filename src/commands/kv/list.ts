import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { isAlive } from '../../kv/records.ts';
import type { Column, Shown } from '../../output/columns.ts';
import type { KvKey } from '../../shards/kv-key.ts';
import { type Declare, describe } from '../command.ts';
import { KEY_COLUMNS, type KeyRow, keyRow } from './key-row.ts';
import { type Place, parsePlace } from './place.ts';
import { resumable, walk } from './walk.ts';

interface EntryRow extends KeyRow {
  /** Null where it is not read, or not text. */
  value: string | null;
}

interface Options extends FieldsFlag<EntryRow> {
  prefix: string;
  limit?: number;
  cursor?: Place;
  values?: true;
  reveal?: true;
}

const ENTRY_COLUMNS: readonly Column<EntryRow>[] = [
  ...KEY_COLUMNS,
  { name: 'value', kind: 'text' },
  { name: 'problem', kind: 'text' },
];

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('list [prefix]')
    .summary('keys, with expiry and metadata')
    .description(
      describe('Lists keys in byte order, 1,000 a request. Session tokens are shown as handles.', [
        'goblin kv list',
        'goblin kv list cache: --limit 20',
        'goblin kv list conversation: --values -o ndjson',
      ]),
    )
    .option('--limit <n>', 'at most so many keys', parseCount)
    .option('--cursor <cursor>', 'go on where a list was left', parsePlace)
    .option('--values', 'read the values too: one read a key, 100 a request')
    .option('--reveal', 'show session tokens');
  addFieldsOption(command, ENTRY_COLUMNS).action(
    (prefix: string | undefined, flags: Omit<Options, 'prefix'>) =>
      run(list, { prefix: prefix ?? '', ...flags }),
  );
};

/** Lists keys; what was listed before an error or Ctrl-C is shown, with the cursor to go on from. */
export async function list(context: Context, options: Options): Promise<void> {
  const kv = await context.kv();
  const shown = { now: context.now(), reveal: options.reveal };
  let next: string | null | undefined;
  let stopped: unknown;

  async function* rows(): AsyncGenerator<Shown<EntryRow>> {
    try {
      for await (const stretch of walk(kv, { ...options, from: options.cursor })) {
        const alive = stretch.keys.filter((key) => isAlive(key, shown.now));
        yield* options.values
          ? await valueRows(kv, alive, shown)
          : alive.map((key) => keyRow(key, shown));
        next = stretch.next;
      }
    } catch (error) {
      // Without a page there is nothing to show, and no word on what the namespace holds.
      if (next === undefined) throw error;
      stopped = resumable(error, next);
    }
  }

  const columns = options.fields ?? (options.values ? ENTRY_COLUMNS : KEY_COLUMNS);
  const empty = options.prefix === '' ? 'The namespace is empty.' : 'No key begins with that.';
  const count = await context.output.list(columns, rows(), { empty });
  if (stopped !== undefined) throw stopped;
  if (next) await context.log.note(`${count} keys; go on with --cursor ${next}`);
}

async function valueRows(
  kv: KvStore,
  keys: readonly KvKey[],
  shown: Parameters<typeof keyRow>[1],
): Promise<Shown<EntryRow>[]> {
  const entries = await kv.getManyExact(keys.map(({ name }) => name));
  return keys.flatMap((key): Shown<EntryRow>[] => {
    const entry = entries.get(key.name);
    if (!entry) return [];
    const row = keyRow(key, shown);
    const { value } = entry;
    if (typeof value === 'string') return [{ ...row, value }];
    return [{ ...row, value: null, problem: `not text but ${value.length} bytes` }];
  });
}
