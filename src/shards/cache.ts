import { byteLength, checkKey, KeyError } from './key.ts';
import type { Column, Decoded, KeyCodec, Shard } from './shard.ts';
import { expiresAt, fieldsOf } from './summary.ts';
import { toMilliseconds } from './time.ts';

/** Seconds that a response is kept. */
export const CACHE_TTL = 300;

/** What the list tells of a cached response; its value is the body as the backend sent it. */
export interface CacheSummary {
  status: number;
  content_type: string;
  /** Bytes of the body. */
  size: number;
  /** Milliseconds since 1970. */
  cached_at: number;
}

export interface CacheId {
  pathname: string;
  /** Empty, or beginning with `?`. */
  search: string;
}

export const CACHE_PREFIX = 'cache:';

/** `cache:{pathname}{search}`: the first `?` parts the two. */
export const cacheKey: KeyCodec<CacheId> = {
  format({ pathname, search }) {
    if (!pathname.startsWith('/') || pathname.includes('?')) {
      throw new KeyError(`${JSON.stringify(pathname)} is not the path of a URL`);
    }
    if (search !== '' && !search.startsWith('?')) {
      throw new KeyError(`${JSON.stringify(search)} is not a query string`);
    }
    return checkKey(CACHE_PREFIX + pathname + search);
  },
  parse(key) {
    if (!key.startsWith(`${CACHE_PREFIX}/`)) return null;
    const path = key.slice(CACHE_PREFIX.length);
    const query = path.indexOf('?');
    if (query === -1) return { pathname: path, search: '' };
    return { pathname: path.slice(0, query), search: path.slice(query) };
  },
};

const columns: readonly Column[] = [
  { name: 'path', kind: 'text' },
  { name: 'status', kind: 'number' },
  { name: 'content_type', kind: 'text' },
  { name: 'size', kind: 'bytes' },
  { name: 'cached_at', kind: 'time' },
  { name: 'expires_at', kind: 'time' },
];

export const cache: Shard<CacheId, string> = {
  name: 'cache',
  title: 'cached response',
  pattern: 'cache:{pathname}{search}',
  prefix: CACHE_PREFIX,
  ttl: CACHE_TTL,
  key: cacheKey,
  format: 'raw',
  decode: (body): Decoded<string> => ({ value: String(body) }),
  summary: (body) => ({ size: byteLength(body) }),
  columns,
  fromListing({ pathname, search }, { expiration, metadata }) {
    const { status, content_type, size, cached_at } = fieldsOf(metadata);
    if (typeof status !== 'number' || typeof content_type !== 'string') return null;
    return {
      path: pathname + search,
      status,
      content_type,
      size: typeof size === 'number' ? size : null,
      cached_at: toMilliseconds(cached_at) ?? cachedAt(expiration),
      expires_at: expiresAt(expiration),
    };
  },
  // The oldest Workers stored a bare body, of successful answers only, nearly all of them JSON.
  fromValue: ({ pathname, search }, body, { expiration }) => ({
    path: pathname + search,
    status: 200,
    content_type: /^\s*[[{"]/.test(body) ? 'application/json' : 'text/plain',
    size: byteLength(body),
    cached_at: cachedAt(expiration),
    expires_at: expiresAt(expiration),
  }),
  example: { id: { pathname: '/models', search: '?limit=10' }, value: '{"models":["goblin-1"]}' },
};

function cachedAt(expiration: number | null): number | null {
  return expiration === null ? null : (expiration - CACHE_TTL) * 1000;
}
