/**
 * What is written to D1 behind requests. It is collected in the isolate and written by one statement, so that no
 * request waits for it, and one that fails costs nothing but a retry. What cannot be written is kept up to a limit
 * and counted as lost beyond it; what may have been written is never written twice.
 */
import type { Statement } from '../../../src/tables/statement.ts';
import type { Call } from '../call.ts';
import { countDropped } from '../dropped.ts';
import { background } from '../kv.ts';
import {
  BACKGROUND_MS,
  D1_WRITE_PATIENCE_MS,
  FLUSH_MS,
  USAGE_AGE_MS,
  USAGE_PAUSE_MS,
} from '../limits.ts';
import { ask, type Failure, failureOf, isAhead, newBackoff } from './database.ts';

interface Habits<Item> {
  kind: 'usage' | 'audit';
  /** Items that are kept. */
  limit: number;
  statementOf(items: Item[]): Statement;
  /** Adds an item to the one with the same key. */
  merge(known: Item, item: Item): void;
  /** What an item counts for when it is lost. */
  weightOf(item: Item): number;
  /** Whether so many items may be written as soon as they can be. */
  isUrgent(items: number): boolean;
  /** Told how many rows a flush has written. */
  written(rows: number): void;
}

const PROBE = { sql: 'SELECT 1', params: [] };

export function newOutbox<Item>(habits: Habits<Item>) {
  const { kind, limit, statementOf, merge, weightOf } = habits;
  let pending = new Map<string, Item>();
  /** On its way to D1. */
  let sent = new Map<string, Item>();
  /** When the oldest pending item came, and when the last flush began. */
  let since = 0;
  let flushedAt = 0;
  /** A flush is under way until then at most. */
  let busyUntil = 0;
  const backoff = newBackoff();
  /** Timers that are set: a flush, and one unless later requests have set another. */
  let flushAt = 0;
  let pauseAt = 0;
  let trouble: Failure | undefined;

  function add(call: Call, key: string, item: Item): void {
    put(key, item, Date.now());
    arm(call);
  }

  /** Sets a timer for what is pending, unless there is one. During a rest the one that failed tries again. */
  function arm(call: Call): void {
    if (pending.size === 0 || backoff.isResting()) return;
    const now = Date.now();
    if (habits.isUrgent(pending.size) || now - since >= USAGE_AGE_MS) {
      if (isAhead(flushAt, FLUSH_MS)) return;
      flushAt = now + FLUSH_MS;
      later(call, FLUSH_MS);
    } else if (!isAhead(pauseAt - USAGE_PAUSE_MS / 2, USAGE_PAUSE_MS)) {
      pauseAt = now + USAGE_PAUSE_MS;
      later(call, USAGE_PAUSE_MS, () => !isAhead(pauseAt, USAGE_PAUSE_MS));
    }
  }

  function put(key: string, item: Item, now: number): void {
    const known = pending.get(key);
    if (known) merge(known, item);
    else if (pending.size >= limit) lose([item], trouble ?? 'queue_full');
    else {
      if (pending.size === 0) since = now;
      pending.set(key, item);
    }
  }

  function lose(items: Iterable<Item>, reason: string): void {
    for (const item of items) countDropped(kind, reason, weightOf(item));
  }

  function later(call: Call, ms: number, isDue = () => true): void {
    background(
      call,
      scheduler.wait(ms).then(() => (isDue() ? flush(call) : undefined)),
    );
  }

  async function flush(call: Call): Promise<void> {
    const now = Date.now();
    // Whatever is pending has a later timer, or gets one when the flush under way has ended.
    const isEarly = isAhead(flushedAt + FLUSH_MS, FLUSH_MS) || isAhead(busyUntil, BACKGROUND_MS);
    if (isEarly || backoff.isResting() || pending.size === 0) return;
    flushedAt = now;
    busyUntil = now + BACKGROUND_MS;
    flushAt = 0;
    // The request that waited for them was cut off.
    lose(sent.values(), 'in_doubt');
    sent = new Map();
    await write(call, call.env.DB as D1Database);
    busyUntil = 0;
    arm(call);
  }

  async function write(call: Call, db: D1Database): Promise<void> {
    try {
      // After a failure a read goes first, with which nothing can be lost.
      if (trouble) await ask(db, [PROBE]);
      sent = pending;
      pending = new Map();
      const [result] = await ask(db, [statementOf([...sent.values()])], D1_WRITE_PATIENCE_MS);
      habits.written(result?.meta.rows_written ?? 0);
      backoff.succeeded();
      trouble = undefined;
    } catch (error) {
      trouble = failureOf(error);
      const rest = backoff.failed();
      if (/^(refused|in_doubt)$/.test(trouble)) lose(sent.values(), trouble);
      else for (const [key, item] of sent) put(key, item, flushedAt);
      // The request does not live longer: the next one tries again.
      if (rest < USAGE_PAUSE_MS) later(call, rest);
    }
    sent = new Map();
  }

  /** Items that are not written yet, and why not. */
  const state = () => ({ queued: pending.size + sent.size, trouble });
  return { add, state };
}
