/** The Worker's variables: the kind of each, its default and its bounds. */
import { IPV6_PREFIX } from '../../src/shards/ratelimit.ts';
import { KV_WRITES_PER_DAY } from './limits.ts';
import type { Row } from './variable-kinds.ts';

export const VARIABLES = {
  /** Base URL of the backend. There is no default: without a valid one, forwarding answers 502. */
  API_URL: { kind: 'url', default: '' },
  /** Milliseconds that the backend has to begin its response, once the request has been sent. */
  API_TIMEOUT_MS: { kind: 'integer', default: 60_000, min: 1, max: 3_600_000 },
  /** Bytes of the largest request body: 10 MiB. */
  MAX_BODY_BYTES: { kind: 'integer', default: 10_485_760, min: 1, max: 5_368_709_120 },
  /** KV writes that the account may make in a day: as many as the free plan has. */
  KV_WRITES_PER_DAY: { kind: 'integer', default: KV_WRITES_PER_DAY, min: 0, max: 1_000_000_000 },
  /** Bits of an IPv6 address that the rate limit counts as one client. */
  RATE_LIMIT_IPV6_PREFIX: { kind: 'integer', default: IPV6_PREFIX, min: 1, max: 128 },
  /** How tokens are taken where RATE_LIMITER is bound: many at once, or one for each request. */
  RATE_LIMIT_MODE: { kind: 'choice', default: 'leased', of: ['leased', 'strict'] },
  /** Share of the requests that leave an analytics event; by the write budget where it is not set. */
  ANALYTICS_SAMPLE: { kind: 'number', default: undefined, min: 0, max: 1 },
  /** Where chats are sent: they get the conversation's context and are remembered. */
  CHAT_PATHS: { kind: 'paths', default: '/chat' },
  /** What is cached. */
  CACHE_PATHS: { kind: 'paths', default: '/health,/models,/providers,/settings' },
  /** Further request headers by which the backend tells callers apart: such requests are not cached. */
  CACHE_BYPASS_HEADERS: { kind: 'names', default: '' },
  /** Flags on which cached responses depend: they become part of the cache key. */
  CACHE_BY_FLAGS: { kind: 'names', default: '' },
  /** Origins of web pages that may use the Worker's own routes. */
  CORS_ORIGINS: { kind: 'origins', default: '' },
} as const satisfies Record<string, Row>;
