/** Writes to one KV key, one after another: KV takes one a second (developers.cloudflare.com/kv/platform/limits). */
const PAUSE_MS = 1000;

export class WriteQueue {
  #last: Promise<unknown> = Promise.resolve();
  #nextAt = 0;

  /** Does a write as soon as KV takes it. @throws what the write throws */
  add(write: () => Promise<void>): Promise<void> {
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
