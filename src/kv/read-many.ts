/**
 * Many values in few requests. The API reads 100 keys at once, but refuses the whole batch where one value
 * is no text or all together are too large; then the batch is halved, and what remains is read alone.
 */

import type { KvApi } from '../api/kv.ts';
import type { BulkValue } from '../api/kv-shapes.ts';
import type { Usage } from '../api/usage.ts';
import { GoblinError } from '../contract/errors.ts';
import { slices } from './bulk.ts';
import type { KvEntry, ReadManyOptions } from './namespace.ts';

/** Keys in one bulk read (developers.cloudflare.com/api/resources/kv). */
export const READ_KEYS = 100;

export interface Source extends ReadManyOptions {
  api: KvApi;
  namespace: string;
  usage: Usage;
}

type Found = Map<string, KvEntry>;

/** What stands for bytes that are no UTF-8. */
const REPLACEMENT = '\u{FFFD}';

/** The entries of the keys that are there. Values that are not UTF-8 come with U+FFFD in them. */
export async function readMany(source: Source, keys: readonly string[]): Promise<Found> {
  const found: Found = new Map();
  const read = (batch: string[]) => readBatch(source, batch, found);
  await Promise.all(slices([...new Set(keys)], READ_KEYS).map(read));
  return found;
}

async function readBatch(source: Source, batch: string[], found: Found): Promise<void> {
  const { api, namespace, usage, exact } = source;
  usage.read += batch.length;
  try {
    for (const [name, value] of await api.bulkGet(namespace, batch)) {
      const entry = entryOf(name, value);
      // The text may stand so in KV, or may be what is left of bytes.
      if (exact && entry.value.includes(REPLACEMENT)) await readAlone(source, name, found);
      else found.set(name, entry);
    }
  } catch (error) {
    if (!isAboutTheBatch(error)) throw error;
    if (batch.length === 1) return readAlone(source, batch[0] ?? '', found);
    const half = Math.ceil(batch.length / 2);
    await readBatch(source, batch.slice(0, half), found);
    await readBatch(source, batch.slice(half), found);
  }
}

function entryOf(name: string, { value, metadata, expiration }: BulkValue): KvEntry {
  return { name, value, metadata, expiration: expiration ?? null };
}

function isAboutTheBatch(error: unknown): boolean {
  return error instanceof GoblinError && (error.code === 'too_large' || error.code === 'refused');
}

async function readAlone(source: Source, name: string, found: Found): Promise<void> {
  const { api, namespace, usage, exact } = source;
  usage.read++;
  try {
    const { bytes, expiration } = await api.getValue(namespace, name);
    const value = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    const isText = !exact || Buffer.from(value).equals(bytes);
    const entry = { name, value, expiration, metadata: null, metadataUnread: true } as const;
    found.set(name, isText ? entry : { ...entry, bytes });
  } catch (error) {
    if (!(error instanceof GoblinError && error.code === 'key_not_found')) throw error;
  }
}
