/**
 * 100 requests per client in a fixed window of 60 s, counted in the isolate and shared through KV in the
 * background. A client is an IPv4 address or an IPv6 network: whoever has one IPv6 address has 2^64.
 */
import { clientOf, RATE_LIMIT, RATE_LIMIT_TTL } from '../../src/shards/ratelimit.ts';
import { type Bucket, isToBeShared, newBucket, restart } from './bucket.ts';
import { refresh, sync } from './bucket-sync.ts';
import type { Answer, Call } from './call.ts';
import { callersFlags } from './flags.ts';
import { background, openly } from './kv.ts';
import { MAX_BUCKETS, OPEN_PATIENCE_MS, QUIET_MS, REREAD_EVERY, REREAD_MS } from './limits.ts';
import { remember } from './memory.ts';
import { refuse } from './refuse.ts';
import { variables } from './variables.ts';

/** By client. */
const buckets = new Map<string, Bucket>();

/** The client that a request is counted for. */
export function callersClient({ ip, env }: Call): string {
  return clientOf(ip, variables(env).RATE_LIMIT_IPV6_PREFIX);
}

/**
 * Finds the caller's bucket. Requests wait for KV where their client is new here, all that come while its
 * first read is under way; and where the client is blocked, one in a second: the operator may have let it in.
 */
export function loadBucket(call: Call): Promise<unknown> | undefined {
  const { now } = call;
  const bucket = bucketOf(call);
  call.bucket = bucket;
  if (now >= bucket.resetAt) restart(bucket, now);
  const { firstRead } = bucket;
  if (firstRead && now < firstRead.until) {
    return openly(call, firstRead.done, firstRead.until - now);
  }
  if (isBlocked(bucket) && now - bucket.readAt >= REREAD_MS) {
    return openly(call, refresh(call, bucket));
  }
}

/** An IPv4 address is its own client, which saves parsing it when its bucket is known. */
function bucketOf(call: Call): Bucket {
  const known = buckets.get(call.ip);
  if (known) return known;
  const client = callersClient(call);
  return buckets.get(client) ?? meet(call, client);
}

/** A bucket for a client that is new to this isolate, with its first read under way. */
function meet(call: Call, client: string): Bucket {
  const bucket = newBucket(client, call.now);
  remember(buckets, client, bucket, MAX_BUCKETS);
  const forget = () => {
    bucket.firstRead = undefined;
  };
  const done = refresh(call, bucket).then(forget, forget);
  bucket.firstRead = { done, until: call.now + OPEN_PATIENCE_MS };
  return bucket;
}

/** Whether a request is counted: not the backend's, and not while the flag is off. */
export function isLimited(call: Call): boolean {
  return !call.isAdmin && Boolean(callersFlags(call).rate_limiting_enabled);
}

const isBlocked = ({ count }: Bucket) => count >= RATE_LIMIT;

export function limitRate(call: Call): Answer {
  const { bucket, overUntil } = call;
  // Only of what is limited the object was asked.
  if (overUntil !== undefined) return overUntil ? tooManyRequests(call, overUntil) : undefined;
  if (!bucket || !isLimited(call)) return;
  const isOver = isBlocked(bucket);
  if (!isOver) {
    bucket.count++;
    bucket.fresh++;
  }
  const patience = bucket.count % REREAD_EVERY ? QUIET_MS : REREAD_MS;
  const isWorthReading = call.now - bucket.readAt >= patience;
  if (!bucket.busy && (isWorthReading || isToBeShared(bucket))) {
    background(call, sync(call, bucket));
  }
  return isOver ? tooManyRequests(call, bucket.resetAt) : undefined;
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-10: one policy with a name, as Structured Fields. */
function tooManyRequests(call: Call, until: number): Response {
  const seconds = Math.ceil((until - call.now) / 1000);
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
