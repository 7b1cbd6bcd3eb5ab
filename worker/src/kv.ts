/** How the Worker speaks to KV: it never waits long, and never for a write that nobody asked about. */
import { asMetadata } from '../../src/shards/summary.ts';
import type { Call } from './call.ts';

/** Longest wait for something the request can do without. */
const OPEN_PATIENCE_MS = 500;
/**
 * Seconds that a KV location may serve a read from its own cache: the least KV allows (CHANGELOG
 * kv/2026-01-30). What an operator changes is seen after that at the latest.
 */
const CACHE_SECONDS = 30;

/** What KV holds under a key, with its metadata; nulls where it holds nothing. */
export function read(call: Call, key: string) {
  return call.env.GOBLIN_KV.getWithMetadata(key, { type: 'text', cacheTtl: CACHE_SECONDS });
}

/** The same as bytes. */
export function readBytes(call: Call, key: string) {
  return call.env.GOBLIN_KV.getWithMetadata(key, { type: 'arrayBuffer', cacheTtl: CACHE_SECONDS });
}

/** Writes a record, its summary as metadata; it ends after `expirationTtl` or at `expiration` (seconds). */
export function write(
  call: Call,
  key: string,
  value: string | ArrayBuffer,
  summary: object,
  end: { expirationTtl: number } | { expiration: number },
): Promise<void> {
  return call.env.GOBLIN_KV.put(key, value, { ...end, metadata: asMetadata({ ...summary }) });
}

/** JSON as it is stored, or null where it is none: KV does not always hold what was written. */
export function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}

/** The outcome of a promise, or a rejection after `ms` milliseconds; the work itself goes on. */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
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

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
