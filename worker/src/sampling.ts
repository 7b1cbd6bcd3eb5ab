/** How many requests leave an analytics event, where no variable says. */
import { writesIn } from './budget.ts';
import { ANALYTICS_SHARE, ONE_MINUTE } from './limits.ts';

/** Requests of this minute so far, and of the one before. */
let minute = 0;
let requests = 0;
let before = 0;

/**
 * The share of requests that the write budget has room for, by what came in the last minute. Events are so
 * taken from all of the traffic, and not only from its first requests in every hour.
 */
export function affordableSample(perDay: number, now: number): number {
  const current = Math.floor(now / ONE_MINUTE);
  if (current !== minute) {
    before = current === minute + 1 ? requests : 0;
    requests = 0;
    minute = current;
  }
  requests++;
  return (writesIn(ONE_MINUTE, perDay) * ANALYTICS_SHARE) / Math.max(before, requests);
}
