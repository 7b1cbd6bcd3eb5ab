/** Past requests put to another limit. Pure. */

/**
 * `fixed`: a window begins with the first request after the last window's end, as the edge counts.
 * `sliding`: a request is refused while `limit` others were let through in the window before it.
 */
export const ALGORITHMS = ['fixed', 'sliding'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export interface Limit {
  /** Requests. */
  limit: number;
  windowMs: number;
  algo: Algorithm;
}

export interface Replay {
  requests: number;
  blocked: number;
  /** Most requests in any window: the limit that would refuse none. */
  peak: number;
  /** Milliseconds since 1970; null where none is refused. */
  first_blocked_at: number | null;
}

/** What becomes of the requests of one address. @param times milliseconds since 1970, in order */
export function replay(times: readonly number[], { limit, windowMs, algo }: Limit): Replay {
  const admit = algo === 'fixed' ? fixed(limit, windowMs) : sliding(limit, windowMs);
  const refused = times.filter((time) => !admit(time));
  return {
    requests: times.length,
    blocked: refused.length,
    peak: mostWithin(times, windowMs),
    first_blocked_at: refused[0] ?? null,
  };
}

type Admit = (time: number) => boolean;

function fixed(limit: number, windowMs: number): Admit {
  let ends = Number.NEGATIVE_INFINITY;
  let count = 0;
  return (time) => {
    if (time >= ends) {
      ends = time + windowMs;
      count = 0;
    }
    count++;
    return count <= limit;
  };
}

function sliding(limit: number, windowMs: number): Admit {
  const admitted: number[] = [];
  return (time) => {
    const oldest = admitted.at(-limit);
    const isFull = oldest !== undefined && oldest > time - windowMs;
    if (!isFull) admitted.push(time);
    return !isFull;
  };
}

function mostWithin(times: readonly number[], windowMs: number): number {
  let first = 0;
  let most = 0;
  for (const [i, time] of times.entries()) {
    while ((times[first] ?? time) <= time - windowMs) first++;
    most = Math.max(most, i - first + 1);
  }
  return most;
}
