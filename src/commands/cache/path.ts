import { usageError } from '../../contract/errors.ts';
import { CACHE_PREFIX, type CacheId, cacheKey } from '../../shards/cache.ts';

/** The part of a URL that a cached response is kept under: `/models`, `/models?limit=10`. */
export function parsePath(text: string): CacheId {
  const id = cacheKey.parse(CACHE_PREFIX + text);
  if (id !== null) return id;
  throw usageError('bad_path', `"${text}" is no path`, `${guess(text)}Write it as /models.`);
}

function guess(text: string): string {
  if (text === '') return '';
  const path = URL.canParse(text) ? new URL(text).pathname + new URL(text).search : `/${text}`;
  return `Did you mean ${path}? `;
}
