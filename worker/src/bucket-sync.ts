/**
 * Buckets between isolates, through KV, behind the requests. KV has no counter: each isolate adds what it
 * counted to what KV shows and writes the sum, so that two that write at once may lose a second's worth.
 */
import { RATE_LIMIT_PREFIX, RATE_LIMIT_TTL } from '../../src/shards/ratelimit.ts';
import { type Bucket, countOf, merge } from './bucket.ts';
import type { Call } from './call.ts';
import { pause, read, write } from './kv.ts';

/**
 * Requests in a window from which on a bucket is written to KV. Below it an address costs no write; up to
 * 19 requests in every isolate are its own business.
 */
export const SHARE_FROM = 20;
/** KV takes one write per key and second (developers.cloudflare.com/kv/platform/limits). */
const WRITE_MS = 1000;

/** Takes over what KV shows of a bucket. */
export async function refresh(call: Call, bucket: Bucket): Promise<void> {
  bucket.readAt = Date.now();
  const { value, metadata } = await read(call, RATE_LIMIT_PREFIX + call.ip);
  merge(bucket, value, metadata, Date.now());
}

/** Reads a bucket and, if it is to be shared, writes it, once KV takes it. */
export async function sync(call: Call, bucket: Bucket): Promise<void> {
  bucket.syncing = true;
  try {
    if (bucket.writtenAt > 0) await pause(bucket.writtenAt + WRITE_MS - call.now);
    await refresh(call, bucket);
    if (countOf(bucket) >= SHARE_FROM && bucket.fresh > 0) await share(call, bucket);
  } finally {
    bucket.syncing = false;
  }
}

async function share(call: Call, bucket: Bucket): Promise<void> {
  const { fresh, resetAt: reset_at } = bucket;
  const count = countOf(bucket);
  const written_at = Date.now();
  bucket.writtenAt = written_at;
  bucket.stored = count;
  bucket.fresh = 0;
  try {
    await write(
      call,
      RATE_LIMIT_PREFIX + call.ip,
      `${count}`,
      { count, reset_at, written_at },
      { expirationTtl: RATE_LIMIT_TTL },
    );
  } catch {
    bucket.fresh += fresh;
    bucket.stored -= fresh;
    return;
  }
  // Once KV has shown the bucket, its absence is a deletion.
  await refresh(call, bucket);
}
