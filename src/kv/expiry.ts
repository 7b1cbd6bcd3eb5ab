/**
 * When a key expires. A TTL stays relative until the write: as an instant it would be shorter by all that happens
 * before the write, and KV refuses less than a minute.
 */
import { MIN_TTL } from '../shards/kv-limits.ts';

/** Seconds from the write on (`ttl`, which wins), or Unix seconds; null for a key that never expires. */
export interface Expiry {
  ttl?: number;
  expiration: number | null;
}

/** Seconds that a request may take until KV judges the expiry. */
const IN_TRANSIT = 5;

/** Seconds that a key needs to have left so that KV surely takes it. */
export const SAFE_TTL = MIN_TTL + IN_TRANSIT;

/** Seconds that a key has left if it is written at `now` (ms since 1970); infinite if it never expires. */
export function secondsLeft({ ttl, expiration }: Expiry, now: number): number {
  if (ttl !== undefined) return ttl;
  return expiration === null ? Number.POSITIVE_INFINITY : expiration - now / 1000;
}

/** Whether KV refuses a write with this expiry. */
export function isTooSoon(expiry: Expiry, now: number): boolean {
  return secondsLeft(expiry, now) < MIN_TTL;
}

/** Whether KV may refuse it by the time the request arrives, and with it the whole batch. */
export function mayBeTooSoon(expiry: Expiry, now: number): boolean {
  return expiry.ttl === undefined && secondsLeft(expiry, now) < SAFE_TTL;
}

/** When a key expires (Unix seconds) if it is written at `now`; null for never. */
export function expirationOf({ ttl, expiration }: Expiry, now: number): number | null {
  return ttl === undefined ? expiration : Math.ceil(now / 1000) + ttl;
}
