/**
 * Which keys of an import exist already. A key that matches its line does not conflict: an import that is continued
 * after a break finds the keys that it has written itself.
 */
import { isDeepStrictEqual } from 'node:util';
import { slices } from '../../kv/bulk.ts';
import type { KvStore } from '../../kv/namespace.ts';
import type { KvEntry, KvWrite } from '../../shards/kv-key.ts';
import type { Line } from './import-batches.ts';

/** By key: whether it matches its line. Keys that do not exist are absent. */
export type Present = Map<string, 'same' | 'other'>;

/** Keys read at once: their values are held in memory. */
const KEYS_AT_ONCE = 1000;

export async function present(kv: KvStore, lines: readonly Line[]): Promise<Present> {
  const there: Present = new Map();
  for (const slice of slices(lines, KEYS_AT_ONCE)) {
    const keys = slice.map(({ write }) => write.name);
    const entries = await kv.getManyExact(keys);
    for (const { write } of slice) {
      const entry = entries.get(write.name);
      if (entry) there.set(write.name, (await isSame(kv, write, entry)) ? 'same' : 'other');
    }
  }
  return there;
}

async function isSame(kv: KvStore, write: KvWrite, entry: KvEntry): Promise<boolean> {
  const sameValue = Buffer.from(write.value).equals(Buffer.from(entry.value));
  if (!sameValue || !isSameExpiry(write, entry)) return false;
  const { metadata } =
    entry.metadata === undefined ? { ...(await kv.getWhole(write.name)) } : entry;
  return isDeepStrictEqual(metadata ?? null, write.metadata ?? null);
}

/** A TTL counts from the write, so the expiration itself cannot be compared. */
function isSameExpiry({ ttl, expiration }: KvWrite, entry: KvEntry): boolean {
  return ttl === undefined ? entry.expiration === expiration : entry.expiration !== null;
}
