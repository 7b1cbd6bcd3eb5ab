/** Writes of the mirror. */
import { type Bucket, encodeBucket, RATE_LIMIT_PREFIX } from '../../../../src/shards/ratelimit.ts';

/** KV takes one write a second to a key (developers.cloudflare.com/kv/platform/limits). */
const PAUSE_MS = 1000;

/** Writes to one key, one after another. */
export class WriteQueue {
  readonly #wait: (ms: number) => Promise<unknown>;
  #last: Promise<unknown> = Promise.resolve();
  /** Ends a second after the last write began. A timer, because a clock may go back. */
  #pause: Promise<unknown> = Promise.resolve();

  /** @param wait resolves after so many milliseconds */
  constructor(wait: (ms: number) => Promise<unknown> = (ms) => scheduler.wait(ms)) {
    this.#wait = wait;
  }

  /** Does a write as soon as KV takes it. @throws what the write throws */
  add(write: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(async () => {
      await this.#pause;
      this.#pause = this.#wait(PAUSE_MS);
      return write();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** Writes a client's bucket, which expires at the end of its window, or a minute on: KV takes no less. */
export function putBucket(
  kv: KVNamespace,
  client: string,
  bucket: Bucket & { reset_at: number },
): Promise<void> {
  const { value, metadata } = encodeBucket(bucket);
  const expirationTtl = Math.max(60, Math.ceil((bucket.reset_at - Date.now()) / 1000));
  return kv.put(RATE_LIMIT_PREFIX + client, value, { metadata, expirationTtl });
}
