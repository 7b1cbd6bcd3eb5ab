/** What this isolate did not do and why, for `GET /_goblin/health`. */

/** Counts by kind and reason. Both come from the code, never from a request, so the number of them is small. */
const dropped: Record<string, Record<string, number>> = {};

export function countDropped(kind: string, reason: string): void {
  dropped[kind] ??= {};
  const reasons = dropped[kind];
  reasons[reason] = (reasons[reason] ?? 0) + 1;
}

/** `{ "analytics": { "write budget used up": 12 } }` */
export function droppedCounts(): Record<string, Record<string, number>> {
  return dropped;
}
