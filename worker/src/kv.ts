/** How the Worker reads and writes KV, and how long requests wait for it. */
import {
  type Budget,
  isQuotaError,
  newBudget,
  refusal,
  spend,
  stop,
  type WriteKind,
} from './budget.ts';
import type { Call } from './call.ts';
import { countDropped } from './dropped.ts';
import { KV_CACHE_SECONDS, OPEN_PATIENCE_MS } from './limits.ts';
import { variables } from './variables.ts';

/** What KV holds under a key, with its metadata; nulls where it holds nothing. */
export function read(call: Call, key: string) {
  return call.env.GOBLIN_KV.getWithMetadata(key, {
    type: 'arrayBuffer',
    cacheTtl: KV_CACHE_SECONDS,
  });
}

/**
 * Writes a record, unless the budget has nothing left for its kind. A write that fails is a rejection.
 * @param metadata its small fields, at most KV's 1,024 bytes.
 * @param seconds its life; KV gives 60 at least (developers.cloudflare.com/kv/api/write-key-value-pairs).
 * @returns whether it was written.
 */
export async function write(
  call: Call,
  kind: WriteKind,
  key: string,
  value: string | ArrayBuffer,
  metadata: object | undefined,
  seconds: number,
): Promise<boolean> {
  const refusal = takeWrite(call, kind);
  if (refusal) {
    countDropped(kind, refusal);
    return false;
  }
  const expirationTtl = Math.max(60, Math.ceil(seconds));
  try {
    await call.env.GOBLIN_KV.put(key, value, { metadata, expirationTtl });
    return true;
  } catch (error) {
    noteFailure(kind, error);
    throw error;
  }
}

/** The isolate's budget, made at the first write: before a request there is no clock. */
let budget: Budget | undefined;

/** Takes a write from the budget, or says why there is none. */
export function takeWrite(call: Call, kind: WriteKind) {
  return askBudget(spend, call, kind);
}

/** Whether the budget has room for a write that another Worker would make. */
export function hasWrite(call: Call, kind: WriteKind): boolean {
  return !askBudget(refusal, call, kind);
}

function askBudget(ask: typeof refusal, { env }: Call, kind: WriteKind) {
  const { KV_WRITES_PER_DAY } = variables(env);
  const now = Date.now();
  budget ??= newBudget(KV_WRITES_PER_DAY, now);
  return ask(budget, kind, KV_WRITES_PER_DAY, now);
}

function noteFailure(kind: WriteKind, error: unknown): void {
  const isQuota = isQuotaError(error);
  if (isQuota && budget) stop(budget, Date.now());
  countDropped(kind, isQuota ? 'quota' : 'kv_error');
}

const decoder = new TextDecoder();

/** The JSON that KV holds under a key; null if there is no value, or if it is not JSON. */
export function parseJson(bytes: ArrayBuffer | null): unknown {
  // Most buckets have no value, and an exception costs more than all other work on one.
  if (bytes === null) return null;
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return null;
  }
}

/** The outcome of work, or undefined after `ms` milliseconds; the work itself goes on. */
export function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    // A timer that is not cleared costs the event loop more than the rest of the request.
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

/** Lets work go on after the response. Failures that matter are handled in the work itself. */
export function background(call: Call, work: Promise<unknown>): undefined {
  call.ctx.waitUntil(work.catch(() => {}));
}

/** Does work that outlives the request, and waits for it for `patience` milliseconds at most. */
export function openly(
  call: Call,
  work: Promise<unknown>,
  patience = OPEN_PATIENCE_MS,
): Promise<unknown> {
  background(call, work);
  return within(patience, work).catch(() => {});
}
