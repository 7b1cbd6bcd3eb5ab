/**
 * Buckets between isolates, through KV, behind the requests. KV has no counter: each isolate adds what it
 * counted to what KV shows and writes the sum, so that of two that write at once one is lost.
 */
import { encodeBucket, RATE_LIMIT, rateLimitKey } from '../../src/shards/ratelimit.ts';
import { fieldsOf } from '../../src/shards/summary.ts';
import { type Bucket, isToBeShared, merge, nextShare } from './bucket.ts';
import type { Call } from './call.ts';
import { parseJson, read, write } from './kv.ts';
import { REWRITE_MS } from './limits.ts';

/** Takes over what KV shows of a bucket. */
export async function refresh(call: Call, bucket: Bucket): Promise<void> {
  bucket.readAt = Date.now();
  const { value, metadata } = await read(call, keyOf(bucket));
  merge(bucket, parseJson(value), fieldsOf(metadata), Date.now());
}

/** Reads a bucket and, if it is to be shared, writes it, once KV takes it. */
export async function sync(call: Call, bucket: Bucket): Promise<void> {
  bucket.busy = true;
  try {
    await refresh(call, bucket);
    if (!isToBeShared(bucket)) return;
    const early = bucket.writtenAt + REWRITE_MS - Date.now();
    if (early > 0) await scheduler.wait(early);
    // Once KV has shown the bucket, its absence is a deletion.
    if (await share(call, bucket)) await refresh(call, bucket);
  } finally {
    bucket.busy = false;
  }
}

const keyOf = ({ name }: Bucket) => rateLimitKey.format({ ip: name });

async function share(call: Call, bucket: Bucket): Promise<boolean> {
  const { count, fresh, resetAt: reset_at, writtenAt } = bucket;
  const written_at = Date.now();
  // Before the write: what is counted while it is under way is not in it.
  bucket.fresh = 0;
  bucket.writtenAt = written_at;
  // Written or not: the budget is not asked again before the count has doubled.
  bucket.shareAt = nextShare(count);
  const { value, metadata } = encodeBucket({ count, reset_at, written_at });
  let isWritten = false;
  try {
    isWritten = await write(
      call,
      count >= RATE_LIMIT ? 'limits' : 'counts',
      keyOf(bucket),
      value,
      metadata,
      // As long as the window, which an operator's block may have made far longer than KV's least.
      (reset_at - written_at) / 1000,
    );
  } finally {
    // KV never heard of them, unless the window is another one by now.
    if (!isWritten && bucket.writtenAt === written_at) {
      bucket.fresh += fresh;
      bucket.writtenAt = writtenAt;
    }
  }
  return isWritten;
}
