import type { Context } from '../../context.ts';
import { expirationOf } from '../../kv/expiry.ts';
import type { Column } from '../../output/columns.ts';
import { changing } from '../../plan/audit.ts';
import { type Declare, describe } from '../command.ts';
import {
  addExpiryOptions,
  areComplete,
  type ExpiryFlags,
  putOptionsOf,
  withStored,
} from './expiry-options.ts';
import { warnOfCopy } from './flags-key.ts';
import { oneKey } from './key-argument.ts';
import { KEY_COLUMNS, type KeyRow, keyRow } from './key-row.ts';
import { readValue } from './value-argument.ts';

interface Options extends ExpiryFlags {
  key: string;
  value: string;
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('put <key> <value>')
    .summary('write a value; expiry and metadata stay')
    .description(
      describe(
        'Writes a value: a word, - for stdin, @path for a file. A key that exists keeps its expiry and metadata, unless options say otherwise.',
        [
          'goblin kv put greeting hello --ttl 15m',
          'goblin kv put cache:/models @models.json --metadata \'{"status":200}\'',
          'goblin kv put feature_flags - --no-expire < flags.json',
        ],
      ),
    )
    .action((key: string, value: string, flags: ExpiryFlags) => run(put, { key, value, ...flags }));
  addExpiryOptions(command);
};

const COLUMNS: readonly Column<KeyRow & { size: number }>[] = [
  ...KEY_COLUMNS,
  { name: 'size', kind: 'bytes' },
];

/** Writes one value and shows the key as it is then. */
export async function put(context: Context, { key, value, ...flags }: Options): Promise<void> {
  const given = putOptionsOf(flags, context.now());
  const bytes = await readValue(context, value);
  const kv = await context.kv();
  const name = await oneKey(context, kv, key);
  const before = areComplete(given) ? null : await kv.find(name);
  const stored = withStored(given, before, context.now());
  await warnOfCopy(context, name);
  await changing(context, { target: name, details: { size: bytes.length } }, () =>
    kv.put({ name, value: bytes, ...stored }),
  );
  const now = context.now();
  const row = keyRow({ name, ...stored, expiration: expirationOf(stored, now) }, { now });
  await context.output.one(COLUMNS, { ...row, size: bytes.length });
}
