/** A rate limit bucket as an isolate counts it. No I/O here. */
import { countOf, RATE_LIMIT, RATE_LIMIT_TTL } from '../../src/shards/ratelimit.ts';
import { toMilliseconds } from '../../src/shards/time.ts';
import { SHARE_FROM } from './limits.ts';

export interface Bucket {
  /** The address, or the network, that is counted here; what follows `ratelimit:` in its key. */
  readonly name: string;
  /** Requests in this window, other isolates' among them as far as KV has told. */
  count: number;
  /** How many of them were counted here and not written to KV yet. */
  fresh: number;
  /** The count from which on KV is to hear of it again. */
  shareAt: number;
  /** End of the window, milliseconds since 1970. */
  resetAt: number;
  /** When KV was last asked. */
  readAt: number;
  /** When this isolate last wrote the bucket of this window; 0 for never. */
  writtenAt: number;
  /** KV has shown the bucket of this window, so that its absence means a deletion. */
  seen: boolean;
  /** A read or write is under way behind the requests. */
  busy: boolean;
  /** The read of a client that is new here, while it is under way, and until when requests wait for it. */
  firstRead?: { done: Promise<unknown>; until: number } | undefined;
}

/** An empty bucket whose window begins at `now`. */
export function newBucket(name: string, now: number): Bucket {
  return { name, ...newWindow(now) };
}

/** Begins a new window at `now`. */
export function restart(bucket: Bucket, now: number): void {
  Object.assign(bucket, newWindow(now));
}

function newWindow(now: number) {
  return {
    count: 0,
    fresh: 0,
    shareAt: SHARE_FROM,
    resetAt: now + RATE_LIMIT_TTL * 1000,
    readAt: now,
    writtenAt: 0,
    seen: false,
    // A request that is cut off may never end what it began.
    busy: false,
  };
}

/** Whether KV should hear of it: the count has doubled since, or has reached the limit. */
export function isToBeShared({ fresh, count, shareAt }: Bucket): boolean {
  return fresh > 0 && count >= shareAt;
}

/** The count at which KV is to hear of a bucket again after it heard of `count`. */
export function nextShare(count: number): number {
  if (count >= RATE_LIMIT) return Number.POSITIVE_INFINITY;
  return Math.min(RATE_LIMIT, Math.max(SHARE_FROM, 2 * count));
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
    if (bucket.seen) restart(bucket, now);
    return;
  }
  const stored = countOf(value);
  const resetAt = toMilliseconds(metadata.reset_at) ?? bucket.resetAt;
  const isOlder = (metadata.written_at as number) < bucket.writtenAt;
  if (stored === null || resetAt <= now || isOlder) return;
  bucket.seen = true;
  bucket.count = stored + bucket.fresh;
  bucket.resetAt = resetAt;
  bucket.shareAt = Math.max(bucket.shareAt, nextShare(stored));
}
