/** The mirror's entry of one client in KV: what reads and writes it. */
import { RATE_LIMIT_PREFIX, type RateLimitSummary } from '../../../../src/shards/ratelimit.ts';
import type { Entry } from './mirror.ts';

/** KV takes one write to a key in a second (developers.cloudflare.com/kv/platform/limits). */
const PAUSE_MS = 1000;
/** The least that KV takes: for so long it may show an old entry. */
const CACHE_SECONDS = 30;

export class MirrorKv {
  readonly #kv: KVNamespace;
  #last: Promise<unknown> = Promise.resolve();
  #nextAt = 0;
  #hasCount = false;

  constructor(kv: KVNamespace) {
    this.#kv = kv;
  }

  /** The entry, or null where there is none. @throws where KV fails, or holds no JSON */
  async read(client: string): Promise<Entry | null> {
    const options = { type: 'json', cacheTtl: CACHE_SECONDS } as const;
    const found = await this.#kv.getWithMetadata(RATE_LIMIT_PREFIX + client, options);
    return found.value === null ? null : { value: found.value, metadata: found.metadata };
  }

  /** Writes an entry as soon as KV takes it. @throws where KV fails */
  put(client: string, metadata: RateLimitSummary): Promise<void> {
    return this.#add(() => this.#put(client, metadata));
  }

  /** Deletes the entry as soon as KV takes it. @throws where KV fails */
  delete(client: string): Promise<void> {
    return this.#add(() => this.#kv.delete(RATE_LIMIT_PREFIX + client));
  }

  /**
   * Writes a count as it is when KV takes it, unless there is none any more.
   * @returns undefined where such a write waits for its turn already
   */
  putCount(
    client: string,
    count: () => (RateLimitSummary & { written_at: number }) | null,
  ): Promise<void> | undefined {
    if (this.#hasCount) return;
    this.#hasCount = true;
    return this.#add(async () => {
      this.#hasCount = false;
      const metadata = count();
      if (metadata) await this.#put(client, metadata);
    });
  }

  #put(client: string, metadata: RateLimitSummary): Promise<void> {
    const seconds = (metadata.reset_at - Date.now()) / 1000;
    const expirationTtl = Math.max(60, Math.ceil(seconds));
    const key = RATE_LIMIT_PREFIX + client;
    return this.#kv.put(key, `${metadata.count}`, { metadata, expirationTtl });
  }

  #add(write: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(async () => {
      const early = this.#nextAt - Date.now();
      // A clock that went back must not stop the writes.
      if (early > 0) await scheduler.wait(Math.min(early, PAUSE_MS));
      this.#nextAt = Date.now() + PAUSE_MS;
      return write();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}
