/**
 * 100 requests per address in a fixed window of 60 s, counted in the isolate and shared through KV behind
 * the requests.
 */
import { RATE_LIMIT, RATE_LIMIT_TTL } from '../../src/shards/ratelimit.ts';
import { type Bucket, countOf, isFull, newBucket, reopen } from './bucket.ts';
import { refresh, SHARE_FROM, sync } from './bucket-sync.ts';
import type { Answer, Call } from './call.ts';
import { callersFlags } from './flags.ts';
import { background, openly } from './kv.ts';
import { remember } from './memory.ts';
import { block } from './refuse.ts';

/** Least time between two reads of a bucket by one isolate. */
const REREAD_MS = 1000;
/** Addresses that an isolate keeps; about 2 MB. Who is forgotten near the limit is in KV. */
const MAX_BUCKETS = 10_000;

/**
 * Sees to it that the caller's bucket is in memory. The request waits where the address is new here, and,
 * once a second, where it is blocked: the operator may have let it in.
 */
export function loadBucket(call: Call): Promise<unknown> | undefined {
  const bucket = call.memory.buckets.get(call.ip);
  if (bucket === undefined) return openly(call, refresh(call, addBucket(call)));
  if (call.now >= bucket.resetAt) reopen(bucket, call.now);
  if (isFull(bucket) && isDueForRead(call, bucket)) return openly(call, refresh(call, bucket));
}

function addBucket({ memory, ip, now }: Call): Bucket {
  const bucket = newBucket(now);
  remember(memory.buckets, ip, bucket, MAX_BUCKETS);
  return bucket;
}

function isDueForRead({ now }: Call, bucket: Bucket): boolean {
  return now - bucket.readAt >= REREAD_MS;
}

export function limitRate(call: Call): Answer {
  if (call.isAdmin || !callersFlags(call).rate_limiting_enabled) return;
  // A flood of other addresses may have pushed this one out while it was being read.
  const bucket = call.memory.buckets.get(call.ip) ?? addBucket(call);
  const isBlocked = isFull(bucket);
  if (!isBlocked) bucket.fresh++;
  const isWorthSharing = bucket.fresh > 0 && countOf(bucket) >= SHARE_FROM;
  if (!bucket.syncing && (isWorthSharing || isDueForRead(call, bucket))) {
    background(call, sync(call, bucket));
  }
  return isBlocked ? tooManyRequests(call, bucket) : undefined;
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-10: one policy with a name, as Structured Fields. */
function tooManyRequests(call: Call, bucket: Bucket): Response {
  const seconds = Math.max(1, Math.ceil((bucket.resetAt - call.now) / 1000));
  return block(call, 429, 'rate_limited', `${RATE_LIMIT} requests in ${RATE_LIMIT_TTL} s`, {
    'Retry-After': `${seconds}`,
    'RateLimit-Policy': `"default";q=${RATE_LIMIT};w=${RATE_LIMIT_TTL}`,
    RateLimit: `"default";r=0;t=${seconds}`,
  });
}
