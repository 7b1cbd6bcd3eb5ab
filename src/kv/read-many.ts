/**
 * Many values in few requests. The API reads 100 keys at once, but refuses the whole batch where one value
 * is not text or all together are too large; then the batch is halved, down to keys that are read alone.
 */

import type { KvApi } from '../api/kv.ts';
import type { BulkValue } from '../api/kv-shapes.ts';
import type { Usage } from '../api/usage.ts';
import { GoblinError } from '../contract/errors.ts';
import type { KvEntry } from '../shards/kv-key.ts';
import { BULK_READ_KEYS } from '../shards/kv-limits.ts';
import { slices } from './bulk.ts';

export interface Source {
  api: KvApi;
  namespace: string;
  usage: Usage;
}

/** Stands for bytes that are not UTF-8. */
const REPLACEMENT = '\u{FFFD}';

/**
 * The entries of the keys that are there.
 * @param exact values that are not UTF-8 as bytes; otherwise they come with U+FFFD in them
 */
export async function readMany(
  source: Source,
  keys: readonly string[],
  exact: boolean,
): Promise<Map<string, KvEntry>> {
  const found = new Map<string, KvEntry>();
  const readAlone = async (name: string) => {
    const entry = await readOne(source, name, exact);
    if (entry) found.set(name, entry);
  };

  async function readBatch(batch: string[]): Promise<void> {
    source.usage['kv.read'] += batch.length;
    try {
      for (const [name, value] of await source.api.bulkGet(source.namespace, batch)) {
        // The text may be stored like that, or may be what is left of bytes.
        if (exact && value.value.includes(REPLACEMENT)) await readAlone(name);
        else found.set(name, entryOf(name, value));
      }
    } catch (error) {
      if (!isAboutTheBatch(error)) throw error;
      if (batch.length === 1) return readAlone(batch[0] ?? '');
      const half = Math.ceil(batch.length / 2);
      await readBatch(batch.slice(0, half));
      await readBatch(batch.slice(half));
    }
  }

  await Promise.all(slices([...new Set(keys)], BULK_READ_KEYS).map(readBatch));
  return found;
}

function entryOf(name: string, { value, metadata, expiration }: BulkValue): KvEntry<string> {
  return { name, value, metadata, expiration: expiration ?? null };
}

/** The entry of a value that was read alone: its metadata would be one more request. */
export function entryOfBytes(
  name: string,
  { bytes, expiration }: { bytes: Uint8Array; expiration: number | null },
): KvEntry<Uint8Array> {
  return { name, value: bytes, expiration, metadata: undefined };
}

function isAboutTheBatch(error: unknown): boolean {
  return error instanceof GoblinError && (error.code === 'too_large' || error.code === 'refused');
}

async function readOne(
  { api, namespace, usage }: Source,
  name: string,
  exact: boolean,
): Promise<KvEntry | null> {
  usage['kv.read']++;
  try {
    const entry = entryOfBytes(name, await api.getValue(namespace, name));
    const value = new TextDecoder('utf-8', { ignoreBOM: true }).decode(entry.value);
    const isText = !exact || Buffer.from(value).equals(entry.value);
    return isText ? { ...entry, value } : entry;
  } catch (error) {
    if (error instanceof GoblinError && error.code === 'key_not_found') return null;
    throw error;
  }
}
