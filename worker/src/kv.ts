/** How the Worker speaks to KV: it never waits long, and never for a write that nobody asked about. */
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
export function openly(
  call: Call,
  work: Promise<unknown>,
  patience = OPEN_PATIENCE_MS,
): Promise<unknown> {
  background(call, work);
  return within(patience, work).catch(() => {});
}
