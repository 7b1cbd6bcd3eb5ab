import { byteLength, checkKey, KeyError } from './key.ts';
import type { Decoded, KeyCodec, Shard } from './shard.ts';
import { expiresAt, fieldsOf } from './summary.ts';
import { toMilliseconds } from './time.ts';

/** Seconds that a response is kept. */
export const CACHE_TTL = 300;

/** The metadata of a cached response; its value is the body as the backend sent it. */
export interface CacheSummary {
  status: number;
  content_type: string;
  /** Bytes of the body. */
  size: number;
  /** Milliseconds since 1970. */
  cached_at: number;
  /** Milliseconds since 1970 until which it may be served; older Workers did not write it. */
  fresh_until?: number;
  /** Its age in seconds when it was cached. */
  age?: number;
  /** Further response headers. */
  headers?: Record<string, string>;
}

export interface CacheId {
  pathname: string;
  /** Empty, or beginning with `?`. */
  search: string;
  /** Empty or absent, or `#` and the flags that were on, of those that the response depends on. */
  variant?: string;
}

export const CACHE_PREFIX = 'cache:';

/**
 * The part of a key that distinguishes variants of a response; no URL that reaches an edge has a `#`.
 * @param flags names of the flags that are on, of those that the response depends on.
 */
export function variantOf(flags: readonly string[]): string {
  return flags.length === 0 ? '' : `#${[...flags].sort().join(',')}`;
}

/** The text of a key, unchecked: for an edge, whose paths are those of URLs, and which keeps longer ones as well. */
export function cacheKeyText({ pathname, search, variant = '' }: CacheId): string {
  return CACHE_PREFIX + pathname + search + variant;
}

/** `cache:{pathname}{search}{variant}`: the first `?` and the first `#` separate the three. */
export const cacheKey: KeyCodec<CacheId> = {
  format(id) {
    const { pathname, search, variant = '' } = id;
    if (!/^\/[^?#]*$/.test(pathname)) {
      throw new KeyError(`${JSON.stringify(pathname)} is not the path of a URL`);
    }
    if (!/^(\?[^#]*)?$/.test(search)) {
      throw new KeyError(`${JSON.stringify(search)} is not a query string`);
    }
    if (variant !== '' && !variant.startsWith('#')) {
      throw new KeyError(`${JSON.stringify(variant)} is not a variant`);
    }
    return checkKey(cacheKeyText(id));
  },
  parse(key) {
    const [, pathname, search = '', variant = ''] =
      /^cache:(\/[^?#]*)(\?[^#]*)?(#.*)?$/s.exec(key) ?? [];
    if (pathname === undefined) return null;
    return variant === '' ? { pathname, search } : { pathname, search, variant };
  },
};

/** A cached response as a list shows it; times in milliseconds since 1970. */
export interface CacheRow {
  path: string;
  status: number;
  content_type: string;
  /** Bytes of the body. */
  size: number | null;
  cached_at: number | null;
  expires_at: number | null;
}

/** What an operator reads and types: the key without its prefix. */
export function cachePath({ pathname, search, variant = '' }: CacheId): string {
  return pathname + search + variant;
}

export const cache: Shard<CacheId, string, CacheRow> = {
  name: 'cache',
  title: 'cached response',
  pattern: 'cache:{pathname}{search}',
  prefix: CACHE_PREFIX,
  ttl: CACHE_TTL,
  key: cacheKey,
  format: 'raw',
  decode: (body): Decoded<string> => ({ value: String(body) }),
  encode: (_id, body) => ({ value: body, metadata: { size: byteLength(body) } }),
  // The oldest Workers stored a bare body, of successful answers only, nearly all of them JSON.
  fromValue: (id, body, { expiration }) => ({
    path: cachePath(id),
    status: 200,
    content_type: /^\s*[[{"]/.test(body) ? 'application/json' : 'text/plain',
    size: byteLength(body),
    cached_at: cachedAt(expiration),
    expires_at: expiresAt(expiration),
  }),
  fromListing(id, { expiration, metadata }) {
    const { status, content_type, size, cached_at } = fieldsOf(metadata);
    if (typeof status !== 'number' || typeof content_type !== 'string') return null;
    return {
      path: cachePath(id),
      status,
      content_type,
      size: typeof size === 'number' ? size : null,
      cached_at: toMilliseconds(cached_at) ?? cachedAt(expiration),
      expires_at: expiresAt(expiration),
    };
  },
  fromKey: (id, { expiration }) => ({ path: cachePath(id), expires_at: expiresAt(expiration) }),
  example: { id: { pathname: '/models', search: '?limit=10' }, value: '{"models":["goblin-1"]}' },
};

function cachedAt(expiration: number | null): number | null {
  return expiration === null ? null : (expiration - CACHE_TTL) * 1000;
}
