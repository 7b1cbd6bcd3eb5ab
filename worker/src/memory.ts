/**
 * What an isolate remembers from request to request lives in its modules. All of it is bounded: a client
 * with a million addresses would otherwise fill the isolate's 128 MB. Each purpose has a map of its own, so
 * that what fills one cannot push anything out of another.
 */

/** Puts an entry last in a map; the first one goes when there are more than `limit`. */
export function remember<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > limit) map.delete(map.keys().next().value as string);
}

/**
 * Makes a test that is true once per name and interval; the clock is cut into pieces of `interval`
 * milliseconds. Beyond `names` names the oldest are forgotten and may be true once more.
 */
export function oncePerName(interval: number, names: number) {
  const seen = new Map<string, number>();
  return (name: string, now: number): boolean => {
    const piece = Math.floor(now / interval);
    if (seen.get(name) === piece) return false;
    remember(seen, name, piece, names);
    return true;
  };
}

/** Makes a test that is true `times` times per interval. It is one counter: nothing can push it out. */
export function timesPerInterval(times: number, interval: number) {
  let current = -1;
  let count = 0;
  return (now: number): boolean => {
    const piece = Math.floor(now / interval);
    if (piece !== current) count = 0;
    current = piece;
    return ++count <= times;
  };
}
