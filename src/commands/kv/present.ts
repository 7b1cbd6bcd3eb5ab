/**
 * Which lines of an import are there already. A key that holds just what its line says does not conflict: an
 * import that broke and goes on meets its own keys.
 */
import { isDeepStrictEqual } from 'node:util';
import { slices } from '../../kv/bulk.ts';
import type { KvStore } from '../../kv/namespace.ts';
import type { KvEntry, KvWrite } from '../../shards/kv-key.ts';
import type { Line } from './import-batches.ts';

/** By key: the same as the line says, or something else. Keys that are not there are not in it. */
export type Present = Map<string, 'same' | 'other'>;

/** Keys asked for at once: their values come with the answer, and fill memory. */
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
  if (!sameValue || !isSameLife(write, entry)) return false;
  const { metadata } =
    entry.metadata === undefined ? { ...(await kv.getWhole(write.name)) } : entry;
  return isDeepStrictEqual(metadata ?? null, write.metadata ?? null);
}

/** A TTL counts from the write, so the instant is not known. */
function isSameLife({ ttl, expiration }: KvWrite, entry: KvEntry): boolean {
  return ttl === undefined ? entry.expiration === expiration : entry.expiration !== null;
}
