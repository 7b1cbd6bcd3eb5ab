/**
 * Buckets between isolates, through KV, behind the requests. KV has no counter: each isolate adds what it
 * counted to what KV shows and writes the sum, so that two that write at once may lose a second's worth.
 */
import { RATE_LIMIT_PREFIX } from '../../src/shards/ratelimit.ts';
import { fieldsOf } from '../../src/shards/summary.ts';
import { type Bucket, merge } from './bucket.ts';
import type { Call } from './call.ts';
import { parseJson, read, write } from './kv.ts';
import { REWRITE_MS, SHARE_FROM } from './limits.ts';

/** Takes over what KV shows of a bucket. */
export async function refresh(call: Call, bucket: Bucket): Promise<void> {
  bucket.readAt = Date.now();
  const { value, metadata } = await read(call, RATE_LIMIT_PREFIX + call.ip);
  merge(bucket, parseJson(value), fieldsOf(metadata), Date.now());
}

/** Reads a bucket and, if it is to be shared, writes it, once KV takes it. */
export async function sync(call: Call, bucket: Bucket): Promise<void> {
  bucket.busy = true;
  try {
    if (bucket.writtenAt) await scheduler.wait(REWRITE_MS);
    await refresh(call, bucket);
    if (bucket.fresh && bucket.count >= SHARE_FROM) await share(call, bucket);
  } finally {
    bucket.busy = false;
  }
}

async function share(call: Call, bucket: Bucket): Promise<void> {
  const { count, resetAt: reset_at } = bucket;
  const written_at = Date.now();
  // Before the write: what is counted while it is under way is not in it.
  bucket.fresh = 0;
  bucket.writtenAt = written_at;
  await write(
    call,
    RATE_LIMIT_PREFIX + call.ip,
    `${count}`,
    { count, reset_at, written_at },
    // As long as the window, which an operator's block may have made far longer than KV's least.
    (reset_at - written_at) / 1000,
  );
  // Once KV has shown the bucket, its absence is a deletion.
  await refresh(call, bucket);
}
