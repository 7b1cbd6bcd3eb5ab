import { isUtf8 } from 'node:buffer';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import type { Column } from '../../output/columns.ts';
import { maskKey } from '../../shards/handle.ts';
import { type Declare, describe } from '../command.ts';
import { oneKey } from './key-argument.ts';
import type { ExpiryRow } from './key-row.ts';

interface Options {
  key: string;
  reveal?: true;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('get <key>')
    .summary('the value of a key')
    .description(
      describe(
        'Writes a value as it is stored, byte for byte; with -o json all that KV knows of it.',
        [
          'goblin kv get feature_flags',
          'goblin kv get cache:/models > models.json',
          'goblin kv get session:s_9f2c41ab03 --json',
          'echo "session:$TOKEN" | goblin kv get -',
        ],
      ),
    )
    .option('--reveal', 'show session tokens')
    .action((key: string, flags: Omit<Options, 'key'>) => run(get, { key, ...flags }));
};

/** Shows a value. @throws {GoblinError} exit 3 where there is no such key */
export async function get(context: Context, { key, reveal }: Options): Promise<void> {
  const kv = await context.kv();
  const name = await oneKey(context, kv, key);
  if (context.format === 'table') {
    return writeBytes(context, (await found(name, kv.get(name))).value);
  }
  const entry = await found(name, kv.getWhole(name));
  const { EXPIRY_COLUMNS, expiryRow } = await import('./key-row.ts');
  const bytes = Buffer.from(entry.value);
  const value = isUtf8(bytes) ? { value: bytes.toString() } : { base64: bytes.toString('base64') };
  const columns = [...valueColumns(value), ...EXPIRY_COLUMNS];
  await context.output.one<GotRow>(columns, {
    key: reveal ? name : maskKey(name),
    ...value,
    ...expiryRow(entry, context.now()),
  });
}

/** An entry; one of `value` and `base64` is there. */
interface GotRow extends ExpiryRow {
  key: string;
  value?: string;
  base64?: string;
}

function valueColumns(row: { value?: string }): Column<GotRow>[] {
  const name = row.value === undefined ? 'base64' : 'value';
  return [
    { name: 'key', kind: 'text', role: 'identifier' },
    { name, kind: 'text' },
  ];
}

async function writeBytes(context: Context, bytes: Uint8Array): Promise<void> {
  if (!context.io.stdout.isTTY || isUtf8(bytes)) return context.output.raw(bytes);
  await context.log.note(`${bytes.length} bytes that are not text; send them to a file with >`);
}

async function found<T>(key: string, value: Promise<T | null>): Promise<T> {
  const there = await value;
  if (there !== null) return there;
  throw noSuchKey(key);
}

export function noSuchKey(key: string): GoblinError {
  return new GoblinError('notFound', 'key_not_found', `there is no key ${maskKey(key)}`, {
    hint: `It may have expired; \`goblin kv list${prefixOf(key)}\` shows what is there.`,
  });
}

/** The part of a key before its first colon, which the keys of a shard share. It holds no secret. */
function prefixOf(key: string): string {
  const [prefix = ''] = /^[a-z_]+:/.exec(key) ?? [];
  return prefix && ` ${prefix}`;
}
