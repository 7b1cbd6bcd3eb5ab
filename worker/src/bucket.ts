/** A rate limit bucket as an isolate counts it. No I/O here. */
import { decodeCount, RATE_LIMIT_TTL } from '../../src/shards/ratelimit.ts';
import { toMilliseconds } from '../../src/shards/time.ts';

export interface Bucket {
  /** Requests in this window, other isolates' among them as far as KV has told. */
  count: number;
  /** How many of them were counted here and not written to KV yet. */
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
  busy?: boolean;
}

/** An empty bucket whose window begins at `now`. */
export function newBucket(now: number): Bucket {
  return {
    count: 0,
    fresh: 0,
    resetAt: now + RATE_LIMIT_TTL * 1000,
    readAt: now,
    writtenAt: 0,
    seen: false,
  };
}

/**
 * Takes over what KV shows of a bucket at `now`: the count of all isolates, or what the operator made of
 * it. KV may show something up to 30 s old; `written_at` in the metadata tells that it is older than this
 * isolate's own last write.
 * @param value as it is stored, in quotes or not; null where KV shows nothing, or nonsense.
 */
export function merge(
  bucket: Bucket,
  value: unknown,
  metadata: Record<string, unknown>,
  now: number,
): void {
  // Only what was there can have been deleted; before that, KV may just not show it yet.
  if (value === null) {
    if (bucket.seen) Object.assign(bucket, newBucket(now));
    return;
  }
  const stored = decodeCount(value).value;
  const resetAt = toMilliseconds(metadata.reset_at) ?? bucket.resetAt;
  const isOlder = (metadata.written_at as number) < bucket.writtenAt;
  if (stored === null || resetAt <= now || isOlder) return;
  bucket.seen = true;
  bucket.count = stored + bucket.fresh;
  bucket.resetAt = resetAt;
}
