/** What a plan costs, in words, and the limit that an operator may set to it. */
import { CLOUDFLARE_PACE } from '../api/rate-limiter.ts';
import { type CounterName, type Counts, countsIn, freePerDay } from '../api/usage.ts';
import { usageError } from '../contract/errors.ts';
import { plural } from '../text/plural.ts';

/**
 * "Cost: 2 requests, 12,000 deletes (1,200% of the free plan's day)", and the time if it is more than seconds.
 * @param isBilled false for the local engine, which has no plan, quota or pace
 */
export function quote({ requests = 0, ...operations }: Counts, isBilled: boolean): string {
  const shares = countsIn(operations).map(({ name, count, text }) =>
    isBilled ? text + freeShare(name, count) : text,
  );
  const wait = isBilled ? secondsAtPace(requests) : 0;
  const time = wait > 0 ? [`about ${wait} s at the API's pace`] : [];
  return `Cost: ${[plural(requests, 'request', 'requests'), ...shares, ...time].join(', ')}.`;
}

function freeShare(name: CounterName, count: number): string {
  const limit = freePerDay(name);
  if (limit === null) return '';
  const percent = (100 * count) / limit;
  const shown = percent < 10 ? percent.toFixed(1) : Math.round(percent).toLocaleString('en-US');
  return ` (${shown}% of the free plan's day)`;
}

/** Seconds to wait for the API's rate limit: the first window's requests are sent at once. */
function secondsAtPace(requests: number): number {
  const windows = Math.ceil(requests / CLOUDFLARE_PACE.requests) - 1;
  return Math.max(0, windows) * (CLOUDFLARE_PACE.windowMs / 1000);
}

/** @throws {GoblinError} `too_many_operations`, exit 2, beyond `--max-ops` */
export function refuseBeyond(maxOps: number | undefined, cost: Counts): void {
  const billed = countsIn(cost).filter(({ name }) => freePerDay(name) !== null);
  const total = billed.reduce((sum, { count }) => sum + count, 0);
  if (maxOps === undefined || total <= maxOps) return;
  const kinds = billed.map(({ text }) => text).join(', ');
  throw usageError(
    'too_many_operations',
    `this takes ${total} operations (${kinds}), more than --max-ops ${maxOps}`,
    'Nothing was changed. Narrow it down, or raise --max-ops.',
  );
}
