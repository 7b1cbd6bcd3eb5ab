/** A rate limit bucket as an isolate counts it. No I/O here. */
import { RATE_LIMIT, RATE_LIMIT_TTL } from '../../src/shards/ratelimit.ts';
import { fieldsOf } from '../../src/shards/summary.ts';
import { toMilliseconds } from '../../src/shards/time.ts';

export interface Bucket {
  /** Requests in this window that KV knows of, other isolates' among them. */
  stored: number;
  /** Requests counted here since, which KV does not know of yet. */
  fresh: number;
  /** End of the window, milliseconds since 1970. */
  resetAt: number;
  /** When KV was last asked. */
  readAt: number;
  /** When this isolate last wrote the bucket of this window; 0 for never. */
  writtenAt: number;
  /** KV has shown the bucket of this window, so that its absence means a deletion. */
  seen: boolean;
  /** A read or write is under way behind the requests. */
  syncing: boolean;
}

const WINDOW_MS = RATE_LIMIT_TTL * 1000;

/** An empty bucket whose window begins at `now`. */
export function newBucket(now: number): Bucket {
  return {
    stored: 0,
    fresh: 0,
    resetAt: now + WINDOW_MS,
    readAt: now,
    writtenAt: 0,
    seen: false,
    syncing: false,
  };
}

/** Begins a new window; what is known of KV's answers to the old one says nothing about it. */
export function reopen(bucket: Bucket, now: number): void {
  bucket.stored = bucket.fresh = bucket.writtenAt = 0;
  bucket.resetAt = now + WINDOW_MS;
  bucket.seen = false;
}

export function countOf(bucket: Bucket): number {
  return bucket.stored + bucket.fresh;
}

export function isFull(bucket: Bucket): boolean {
  return countOf(bucket) >= RATE_LIMIT;
}

/**
 * Takes over what KV shows of a bucket: the count of all isolates, or what the operator made of it. KV may
 * show something up to 30 s old; `written_at` in the metadata tells that it is older than this isolate's
 * own last write.
 */
export function merge(bucket: Bucket, value: string | null, metadata: unknown, now: number): void {
  if (value === null) {
    // Only what was there can have been deleted; before that, KV may just not show it yet.
    if (bucket.seen) reopen(bucket, now);
    return;
  }
  const count = Number(value.replaceAll('"', ''));
  const fields = fieldsOf(metadata);
  const resetAt = toMilliseconds(fields.reset_at);
  const writtenAt = toMilliseconds(fields.written_at);
  const isOver = resetAt !== null && resetAt <= now;
  const isOlder = writtenAt !== null && writtenAt < bucket.writtenAt;
  if (!Number.isInteger(count) || isOver || isOlder) return;
  bucket.seen = true;
  bucket.stored = count;
  // Whatever KV says, no window lasts longer than 60 s from here.
  if (resetAt !== null) bucket.resetAt = Math.min(resetAt, now + WINDOW_MS);
}
