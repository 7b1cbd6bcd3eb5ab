/**
 * 100 requests per address in a fixed window of 60 s, counted in the isolate and shared through KV behind
 * the requests.
 */
import { RATE_LIMIT, RATE_LIMIT_TTL } from '../../src/shards/ratelimit.ts';
import { type Bucket, newBucket } from './bucket.ts';
import { refresh, sync } from './bucket-sync.ts';
import type { Answer, Call } from './call.ts';
import { callersFlags } from './flags.ts';
import { background, openly } from './kv.ts';
import { MAX_BUCKETS, QUIET_MS, REREAD_EVERY, REREAD_MS, SHARE_FROM } from './limits.ts';
import { remember } from './memory.ts';
import { refuse } from './refuse.ts';

/** By address. */
const buckets = new Map<string, Bucket>();

/**
 * Finds the caller's bucket. The request waits where the address is new here, and, once a second, where it
 * is blocked: the operator may have let it in.
 */
export function loadBucket(call: Call): Promise<unknown> | undefined {
  const { ip, now } = call;
  const known = buckets.get(ip);
  const bucket = known ?? newBucket(now);
  call.bucket = bucket;
  if (!known) remember(buckets, ip, bucket, MAX_BUCKETS);
  if (now >= bucket.resetAt) Object.assign(bucket, newBucket(now));
  const isRead = now - bucket.readAt < REREAD_MS;
  if (!known || (bucket.count >= RATE_LIMIT && !isRead)) return openly(call, refresh(call, bucket));
}

export function limitRate(call: Call): Answer {
  const { bucket } = call;
  if (call.isAdmin || !callersFlags(call).rate_limiting_enabled) return;
  const isBlocked = bucket.count >= RATE_LIMIT;
  if (!isBlocked) {
    bucket.count++;
    bucket.fresh++;
  }
  const patience = bucket.count % REREAD_EVERY ? QUIET_MS : REREAD_MS;
  const isWorthReading = call.now - bucket.readAt >= patience;
  const isWorthSharing = bucket.fresh && bucket.count >= SHARE_FROM;
  if (!bucket.busy && (isWorthSharing || isWorthReading)) background(call, sync(call, bucket));
  return isBlocked ? tooManyRequests(call) : undefined;
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-10: one policy with a name, as Structured Fields. */
function tooManyRequests(call: Call): Response {
  const seconds = Math.ceil((call.bucket.resetAt - call.now) / 1000);
  return refuse(
    call,
    429,
    'rate_limited',
    `more than ${RATE_LIMIT} requests in ${RATE_LIMIT_TTL} s`,
    {
      'Retry-After': `${seconds}`,
      'RateLimit-Policy': `"default";q=${RATE_LIMIT};w=${RATE_LIMIT_TTL}`,
      RateLimit: `"default";r=0;t=${seconds}`,
    },
  );
}
