/**
 * What an isolate remembers from request to request lives in its modules. All of it is bounded, for whoever
 * has a million addresses would otherwise fill the isolate's 128 MB.
 */
import type { Call } from './call.ts';
import { MAX_DONE } from './limits.ts';

/** How many times something was done in an interval. */
const done = new Map<string, number>();

/** Adds to a map; the oldest entry goes when there are more than `limit`. */
export function remember<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  map.set(key, value);
  if (map.size > limit) map.delete(map.keys().next().value as string);
}

/**
 * Whether `what` was done less than `times` times in this interval: the clock is cut into pieces of
 * `interval` milliseconds. It counts as done once more.
 */
export function isDue(call: Call, what: string, interval: number, times = 1): boolean {
  const name = what + Math.floor(call.now / interval);
  const before = done.get(name) ?? 0;
  remember(done, name, before + 1, MAX_DONE);
  return before < times;
}
