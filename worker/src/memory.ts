/**
 * What an isolate remembers from request to request. All of it is bounded, for whoever has a million
 * addresses would otherwise fill the isolate's 128 MB.
 */
import type { Bucket } from './bucket.ts';
import type { Cached } from './cache.ts';
import type { FlagMemory } from './flags.ts';

export interface Memory {
  flags: FlagMemory;
  /** By address. */
  buckets: Map<string, Bucket>;
  /** By key. */
  responses: Map<string, Cached>;
  /** Responses on their way from the backend, by key; null once there is nothing to share. */
  flights: Map<string, Promise<Cached | null>>;
  /** When something was last done, by what it was. */
  done: Map<string, number>;
}

export function newMemory(): Memory {
  return {
    flags: { document: {}, timers: {}, askedAt: 0, heldAt: 0 },
    buckets: new Map(),
    responses: new Map(),
    flights: new Map(),
    done: new Map(),
  };
}

/** Adds to a map as its newest entry; the oldest goes when there are more than `limit`. */
export function remember<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > limit) for (const oldest of map.keys()) return void map.delete(oldest);
}

/** Whether `what` was not done in the last `interval` milliseconds. If so, it counts as done now. */
export function isDue({ done }: Memory, what: string, now: number, interval: number): boolean {
  if (now - (done.get(what) ?? 0) < interval) return false;
  remember(done, what, now, 10_000);
  return true;
}

/** Whether `what` was done less than `limit` times in this minute. If so, it counts as done once more. */
export function isAllowed(memory: Memory, what: string, now: number, limit: number): boolean {
  const name = `${what} ${Math.floor(now / 60_000)}`;
  const times = memory.done.get(name) ?? 0;
  remember(memory.done, name, times + 1, 10_000);
  return times < limit;
}
