/**
 * Which lines of an import are there already. A key that holds just what its line says does not conflict: an
 * import that broke and goes on meets its own keys.
 */
import { isDeepStrictEqual } from 'node:util';
import { slices } from '../../kv/bulk.ts';
import type { KvEntry, KvStore, KvWrite } from '../../kv/namespace.ts';
import type { Line } from './import-batches.ts';

/** By key: the same as the line says, or something else. Keys that are not there are not in it. */
export type Present = Map<string, 'same' | 'other'>;

/** Keys asked for at once: their values come with the answer, and fill memory. */
const KEYS_AT_ONCE = 1000;

export async function present(kv: KvStore, lines: readonly Line[]): Promise<Present> {
  const there: Present = new Map();
  for (const slice of slices(lines, KEYS_AT_ONCE)) {
    const keys = slice.map(({ write }) => write.key);
    const entries = await kv.getMany(keys, { exact: true });
    for (const { write } of slice) {
      const entry = entries.get(write.key);
      if (entry) there.set(write.key, (await isSame(kv, write, entry)) ? 'same' : 'other');
    }
  }
  return there;
}

async function isSame(kv: KvStore, write: KvWrite, entry: KvEntry): Promise<boolean> {
  const sameValue = Buffer.from(write.value).equals(Buffer.from(entry.bytes ?? entry.value));
  if (!sameValue || !isSameExpiry(write, entry)) return false;
  const { metadata } = entry.metadataUnread ? { ...(await kv.getWhole(write.key)) } : entry;
  return isDeepStrictEqual(metadata ?? null, write.metadata ?? null);
}

/** A TTL counts from the write, so the instant is not known. */
function isSameExpiry({ ttl, expiration }: KvWrite, entry: KvEntry): boolean {
  return ttl === undefined ? entry.expiration === expiration : entry.expiration !== null;
}
