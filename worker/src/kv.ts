/** How the Worker speaks to KV: it never waits long, and never for a write that nobody asked about. */
import type { Call } from './call.ts';
import { KV_CACHE_SECONDS, OPEN_PATIENCE_MS } from './limits.ts';

/** What KV holds under a key, with its metadata; nulls where it holds nothing. */
export function read(call: Call, key: string) {
  return call.env.GOBLIN_KV.getWithMetadata(key, {
    type: 'arrayBuffer',
    cacheTtl: KV_CACHE_SECONDS,
  });
}

/**
 * Writes a record.
 * @param metadata its small fields: whatever goes into one is bounded, so that they fit KV's 1,024 bytes.
 * @param seconds its life; KV gives 60 at least (developers.cloudflare.com/kv/api/write-key-value-pairs).
 */
export function write(
  call: Call,
  key: string,
  value: string | ArrayBuffer,
  metadata: object,
  seconds: number,
): Promise<void> {
  const expirationTtl = Math.max(60, Math.ceil(seconds));
  return call.env.GOBLIN_KV.put(key, value, { metadata, expirationTtl });
}

/** JSON as it is stored, or null where it is none or nothing: KV does not always hold what was written. */
export function parseJson(bytes: ArrayBuffer | null): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes as ArrayBuffer));
  } catch {
    return null;
  }
}

/** The outcome of work, or undefined after `ms` milliseconds; the work itself goes on. */
export function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    // A timer that is left behind costs the event loop more than all the rest of a request.
    work.then(
      (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      },
      (reason) => {
        clearTimeout(timer);
        reject(reason);
      },
    );
  });
}

/** Lets work outlive the response. Its failure is nobody's: whatever matters is handled before. */
export function background(call: Call, work: Promise<unknown>): undefined {
  call.ctx.waitUntil(work.catch(() => {}));
}

/** Does work behind the request, which waits for it as long as it has patience. */
export function openly(call: Call, work: Promise<unknown>): Promise<unknown> {
  background(call, work);
  return within(OPEN_PATIENCE_MS, work).catch(() => {});
}
