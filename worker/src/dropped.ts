/** What this isolate gave up, and why: shown by `GET /_goblin/health` and `goblin doctor`. */

const counts: Record<string, Record<string, number>> = {};

/** Both words come from this code and never from a request, so that there are only so many of them. */
export function countDropped(kind: string, reason: string, count = 1): void {
  counts[kind] ??= {};
  counts[kind][reason] = (counts[kind][reason] ?? 0) + count;
}

/** Counts by kind and reason since the isolate started. */
export function droppedCounts(): Record<string, Record<string, number>> {
  return counts;
}
