/** What a purge would take, from the list alone. */
import { CACHE_PREFIX, type CacheId, cache, cacheKey, cachePath } from '../../shards/cache.ts';
import { byteLength, MAX_KEY_BYTES } from '../../shards/key.ts';
import type { KvStore } from '../../stores/kv.ts';
import { listShard } from '../../stores/listed.ts';
import { isAlive } from '../../stores/records.ts';
import type { PlannedKey } from '../plan.ts';

/** All responses whose path, with its query string, begins with `start`. */
export async function cachedBelow(kv: KvStore, start: string, now: number): Promise<PlannedKey[]> {
  const found: PlannedKey[] = [];
  const prefix = CACHE_PREFIX + start;
  for await (const { key, id, row } of listShard(kv, cache, { prefix, now })) {
    found.push({ key, row: { ...row, path: cachePath(id) } });
  }
  return found;
}

/** The response to a path in all its variants; where the path has no query string, with each of them too. */
export async function cachedAt(kv: KvStore, path: CacheId, now: number): Promise<PlannedKey[]> {
  const { pathname, search, variant = '' } = path;
  const whole = pathname + search;
  const found = await Promise.all([
    cachedExactly(kv, path, now),
    variant === '' ? startingWith(kv, `${whole}#`, now) : [],
    variant === '' && search === '' ? startingWith(kv, `${whole}?`, now) : [],
  ]);
  return found.flat();
}

async function cachedExactly(kv: KvStore, path: CacheId, now: number): Promise<PlannedKey[]> {
  const key = cacheKey.format(path);
  const listed = await kv.find(key);
  if (listed === null || !isAlive(listed, now)) return [];
  return [{ key, row: { ...cache.fromListing(path, listed), path: cachePath(path) } }];
}

// `cache:/models` alone is also the beginning of `cache:/models-v2`.
async function startingWith(kv: KvStore, start: string, now: number): Promise<PlannedKey[]> {
  // A path that fills the key leaves no room for more, and KV takes no longer prefix.
  return byteLength(CACHE_PREFIX + start) > MAX_KEY_BYTES ? [] : cachedBelow(kv, start, now);
}
