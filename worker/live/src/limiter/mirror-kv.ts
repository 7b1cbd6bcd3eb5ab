/** The mirror's entry of one client in KV: what reads and writes it. */
import { type Bucket, encodeBucket, RATE_LIMIT_PREFIX } from '../../../../src/shards/ratelimit.ts';
import type { Entry } from './mirror.ts';

/** KV takes one write to a key in a second (developers.cloudflare.com/kv/platform/limits). */
const PAUSE_MS = 1000;
/** The least that KV takes: for so long it may show an old entry. */
const CACHE_SECONDS = 30;

/** A bucket with the end of its window (ms since 1970). */
export type MirroredBucket = Bucket & { reset_at: number };

export class MirrorKv {
  readonly #kv: KVNamespace;
  readonly #wait: (ms: number) => Promise<unknown>;
  #last: Promise<unknown> = Promise.resolve();
  /** Ends a second after the last write began. A timer, because a clock may go back. */
  #pause: Promise<unknown> = Promise.resolve();
  #hasCount = false;

  /** @param wait resolves after so many milliseconds */
  constructor(
    kv: KVNamespace,
    wait: (ms: number) => Promise<unknown> = (ms) => scheduler.wait(ms),
  ) {
    this.#kv = kv;
    this.#wait = wait;
  }

  /** The entry, or null where there is none. @throws where KV fails, or holds no JSON */
  async read(client: string): Promise<Entry | null> {
    const options = { type: 'json', cacheTtl: CACHE_SECONDS } as const;
    const found = await this.#kv.getWithMetadata(RATE_LIMIT_PREFIX + client, options);
    return found.value === null ? null : { value: found.value, metadata: found.metadata };
  }

  /** Writes an entry as soon as KV takes it. @throws where KV fails */
  put(client: string, bucket: MirroredBucket): Promise<void> {
    return this.#add(() => this.#put(client, bucket));
  }

  /** Deletes the entry as soon as KV takes it. @throws where KV fails */
  delete(client: string): Promise<void> {
    return this.#add(() => this.#kv.delete(RATE_LIMIT_PREFIX + client));
  }

  /**
   * Writes a count as it is when KV takes it, unless there is none any more.
   * @returns undefined where such a write waits for its turn already
   */
  putCount(client: string, count: () => MirroredBucket | null): Promise<void> | undefined {
    if (this.#hasCount) return;
    this.#hasCount = true;
    return this.#add(async () => {
      this.#hasCount = false;
      const bucket = count();
      if (bucket) await this.#put(client, bucket);
    });
  }

  #put(client: string, bucket: MirroredBucket): Promise<void> {
    const { value, metadata } = encodeBucket(bucket);
    const expirationTtl = Math.max(60, Math.ceil((bucket.reset_at - Date.now()) / 1000));
    return this.#kv.put(RATE_LIMIT_PREFIX + client, value, { metadata, expirationTtl });
  }

  #add(write: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(async () => {
      await this.#pause;
      this.#pause = this.#wait(PAUSE_MS);
      return write();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}
