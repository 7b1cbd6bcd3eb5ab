/** What a purge would take, from the list alone. */

import { listShard } from '../../kv/listed.ts';
import type { KvStore } from '../../kv/namespace.ts';
import type { Shown } from '../../output/columns.ts';
import { CACHE_PREFIX, type CacheId, type CacheRow, cache, cacheKey } from '../../shards/cache.ts';
import { byteLength } from '../../shards/key.ts';
import { MAX_KEY_BYTES } from '../../shards/kv-limits.ts';

/** A cached response that is there. */
export interface CachedKey {
  key: string;
  row: Shown<CacheRow>;
}

/** All responses whose path, with its query string, begins with `start`. */
export async function cachedBelow(kv: KvStore, start: string, now: number): Promise<CachedKey[]> {
  const found: CachedKey[] = [];
  const prefix = CACHE_PREFIX + start;
  for await (const { key, row } of listShard(kv, cache, { prefix, now })) found.push({ key, row });
  return found;
}

/** The response to a path in all its variants; where the path has no query string, with each of them too. */
export async function cachedAt(kv: KvStore, path: CacheId, now: number): Promise<CachedKey[]> {
  const [exact, queries] = await Promise.all([
    cachedExactly(kv, path, now),
    path.search === '' && !path.variant ? withQuery(kv, path.pathname, now) : [],
  ]);
  return [...exact, ...queries];
}

/** The key itself and, in the same list, its variants: a key sorts before all longer ones, `#` before `$`. */
async function cachedExactly(kv: KvStore, path: CacheId, now: number): Promise<CachedKey[]> {
  const prefix = cacheKey.format(path);
  const found: CachedKey[] = [];
  for await (const { key, row } of listShard(kv, cache, { prefix, now })) {
    const rest = key.slice(prefix.length);
    if (rest >= '$') break;
    const isVariant = rest.startsWith('#') && !path.variant;
    if (rest === '' || isVariant) found.push({ key, row });
  }
  return found;
}

// `cache:/models` alone is also the beginning of `cache:/models-v2`.
async function withQuery(kv: KvStore, pathname: string, now: number): Promise<CachedKey[]> {
  const start = `${pathname}?`;
  // A path that fills the key leaves no room for a query string, and KV takes no longer prefix.
  return byteLength(CACHE_PREFIX + start) > MAX_KEY_BYTES ? [] : cachedBelow(kv, start, now);
}
