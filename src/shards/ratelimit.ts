import { networkOf } from './address.ts';
import { KeyError, prefixKey } from './key.ts';
import type { Decoded, Encoded, KeyCodec, Shard } from './shard.ts';
import { storedNumber } from './spelling.ts';
import { expiresAt, fieldsOf } from './summary.ts';
import { toMilliseconds } from './time.ts';

/** Seconds in a window, and so the TTL of a bucket: the least that KV takes. */
export const RATE_LIMIT_TTL = 60;
/** Requests an address may make in a window. */
export const RATE_LIMIT = 100;
/** Bits of an IPv6 address that identify a client, unless `RATE_LIMIT_IPV6_PREFIX` is set. */
export const IPV6_PREFIX = 64;

/** A bucket; times in milliseconds since 1970. Its stored value is the bare count, the rest is metadata. */
export interface Bucket {
  count: number;
  /** End of the window. */
  reset_at?: number;
  /** When an edge wrote it, by which the edge tells its own older writes from others. */
  written_at?: number;
}

/** A bucket as a list shows it; times in milliseconds since 1970. */
export interface BucketRow {
  /** The client that is counted: an IPv4 address, an IPv6 network or `unknown`. */
  ip: string;
  count: number;
  reset_at: number | null;
  expires_at: number | null;
}

export const RATE_LIMIT_PREFIX = 'ratelimit:';
const text = /* @__PURE__ */ prefixKey(RATE_LIMIT_PREFIX, 'the address');

/**
 * `ratelimit:{ip}`: an IPv4 address, `unknown`, or an IPv6 network such as `2001:db8:1:2::/64`. Older
 * Workers had a bucket for each IPv6 address. The address is the rest of the key, so colons need no escape.
 */
export const rateLimitKey: KeyCodec<{ ip: string }> = {
  format({ ip }) {
    if (/\s/.test(ip)) throw new KeyError(`${JSON.stringify(ip)} is not an IP address`);
    return text.format(ip);
  },
  parse(key) {
    const ip = text.parse(key);
    return ip === null || /\s/.test(ip) ? null : { ip };
  },
};

export function encodeBucket(bucket: Bucket): Encoded {
  return { value: `${bucket.count}`, metadata: { ...bucket } };
}

/** The count of a bucket, stored in quotes or not; null if it is something else. */
export function countOf(stored: unknown): number | null {
  const count = storedNumber(stored);
  return Number.isInteger(count) ? count : null;
}

export function decodeCount(stored: unknown): Decoded<number> {
  const value = countOf(stored);
  return value === null ? { value, problem: 'it is not a number of requests' } : { value };
}

/** What `RATE_LIMIT_IPV6_PREFIX` means to the edge: the default unless it is a whole number from 1 to 128. */
export function ipv6Prefix(variable: unknown): number {
  const text = `${variable ?? ''}`.trim();
  const prefix = /^\d+$/.test(text) ? Number(text) : 0;
  return prefix >= 1 && prefix <= 128 ? prefix : IPV6_PREFIX;
}

/** The client whose bucket counts an address; all texts that are not addresses share one. */
export function clientOf(ip: string, prefix: number): string {
  return networkOf(ip, prefix) ?? 'unknown';
}

/** Whether a bucket counts the requests of an address: it is the address's own, or its network's. */
export function countsFor(client: string, ip: string): boolean {
  const [, bits] = client.split('/');
  return client === (bits === undefined ? ip : networkOf(ip, Number(bits)));
}

export const rateLimit: Shard<{ ip: string }, number, BucketRow> = {
  name: 'ratelimit',
  title: 'rate limit bucket',
  pattern: 'ratelimit:{ip}',
  prefix: RATE_LIMIT_PREFIX,
  ttl: RATE_LIMIT_TTL,
  key: rateLimitKey,
  format: 'json',
  decode: decodeCount,
  encode: (_id, count) => encodeBucket({ count }),
  fromValue({ ip }, count, { expiration, metadata }) {
    const expires_at = expiresAt(expiration);
    // A bucket without metadata was written for a whole window, so it ends when its key expires.
    return {
      ip,
      count,
      reset_at: toMilliseconds(fieldsOf(metadata).reset_at) ?? expires_at,
      expires_at,
    };
  },
  fromListing(id, key) {
    const { count } = fieldsOf(key.metadata);
    return typeof count === 'number' ? rateLimit.fromValue(id, count, key) : null;
  },
  fromKey: ({ ip }, { expiration }) => ({ ip, expires_at: expiresAt(expiration) }),
  example: { id: { ip: '203.0.113.9' }, value: 17 },
};
