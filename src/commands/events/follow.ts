/**
 * New events as they come. KV shows a key up to a minute or more after it was written, and this machine's
 * clock is not the edge's: so each look goes back over the last minutes and leaves out what it has seen.
 */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import {
  type EventSource,
  inOrder,
  read,
  type StoredEvent,
  wanted,
} from '../../kv/ranges/events.ts';
import type { Query } from './query.ts';
import { AHEAD_MS } from './window.ts';

/** Milliseconds before the last look from which on keys may still come up. */
export const OVERLAP_MS = 300_000;
const SHORTEST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;

export type Follower = Pick<Context, 'now' | 'sleep' | 'signal' | 'log'>;

export interface FollowOptions {
  /** Milliseconds since 1970: nothing older is shown. */
  from: number;
  /** When the last look before this was made. */
  looked: number;
  /** Keys that were shown already, or are not to be. */
  seen: Iterable<string>;
  /** Milliseconds since 1970 at which it ends. */
  until: number;
  /** Told before each pause. */
  onPause: (ms: number) => Promise<void>;
}

/**
 * New events, a batch a look, each batch in order of time. A failure that may pass is told and ridden out:
 * the next look goes back to the last one that succeeded, so nothing is lost.
 */
export async function* follow(
  { now, sleep, signal, log }: Follower,
  { sources, test }: Query,
  options: FollowOptions,
): AsyncGenerator<StoredEvent[]> {
  const seen = new Set(options.seen);
  let { looked } = options;
  let pause = SHORTEST_PAUSE_MS;
  const outage = outageReport(log, now);
  for (;;) {
    await options.onPause(pause);
    await sleep(Math.min(pause, options.until - now()), signal);
    if (signal.aborted || now() >= options.until) return;
    const time = now();
    const span = { from: Math.max(options.from, looked - OVERLAP_MS), to: time + AHEAD_MS };
    const events = await ride(outage, () => look(sources, { ...test, now: time }, span, seen));
    if (events !== null) looked = time;
    if (events?.length) yield events.filter(({ row }) => test.keepRow(row));
    pause = events?.length ? SHORTEST_PAUSE_MS : Math.min(pause * 1.5, LONGEST_PAUSE_MS);
  }
}

/** What was not seen yet. A key whose value cannot be read yet counts as unseen. */
async function look(
  sources: readonly EventSource[],
  test: Query['test'],
  span: { from: number; to: number },
  seen: Set<string>,
): Promise<StoredEvent[]> {
  const events = await Promise.all(
    sources.map(async (source) => {
      const keys = wanted(await source.range.all(span), test);
      return read(
        source,
        keys.filter(({ key }) => !seen.has(key.name)),
      );
    }),
  );
  const found = inOrder(events.flat());
  for (const { key } of found) seen.add(key);
  return found;
}

type Outage = ReturnType<typeof outageReport>;

/** Tells the beginning and the end of a time without answers, each once. */
function outageReport(log: Context['log'], now: () => number) {
  let since: number | null = null;
  return {
    async failed(error: GoblinError): Promise<void> {
      if (since === null) await log.warn(`${error.message}; trying again until it answers`);
      since ??= now();
    },
    async answered(): Promise<void> {
      if (since !== null) {
        const seconds = Math.round((now() - since) / 1000);
        await log.note(`it answers again after ${seconds} s; what was written meanwhile follows`);
      }
      since = null;
    },
  };
}

/** The result, or null where it failed in a way that may pass. */
async function ride<T>(outage: Outage, work: () => Promise<T>): Promise<T | null> {
  try {
    const result = await work();
    await outage.answered();
    return result;
  } catch (error) {
    if (!(error instanceof GoblinError) || !error.retryable) throw error;
    await outage.failed(error);
    return null;
  }
}
