/** What a watch costs, told while it can still be stopped. */
import { CLOUDFLARE_LIMIT } from '../api/rate-limiter.ts';
import { type Counts, countsIn, freePerDay, type Usage } from '../api/usage.ts';
import { duration } from '../output/time.ts';

const DAY_MS = 86_400_000;

/** What has been used since a copy of the usage was taken. */
export function usedSince(before: Usage, now: Usage): Counts {
  const { waitedMs: _, ...counts } = now;
  return Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, count - before[name as keyof Usage]]),
  );
}

/**
 * "2 requests, 1 list a refresh", "24 requests so far", and on Cloudflare its part of the rate limit, and when the
 * first of the free plan's daily allowances would be used up, if that is within a day.
 */
export function costOf(one: Counts, total: Usage, intervalMs: number, isRemote: boolean): string[] {
  const texts = countsIn(one).map(({ text }) => text);
  const parts = [
    `${texts.length > 0 ? texts.join(', ') : 'no requests'} a refresh`,
    `${countsIn({ requests: total.requests })[0]?.text ?? 'none'} so far`,
  ];
  return isRemote ? [...parts, ...limits(one, intervalMs)] : parts;
}

function limits(one: Counts, intervalMs: number): string[] {
  const { requests, windowMs } = CLOUDFLARE_LIMIT;
  const share = Math.ceil((100 * (one.requests ?? 0) * windowMs) / intervalMs / requests);
  const first = countsIn(one)
    .map(({ name, count }) => ({ name, ms: ((freePerDay(name) ?? Infinity) / count) * intervalMs }))
    .sort((a, b) => a.ms - b.ms)[0];
  const parts = share > 0 ? [`${share}% of the rate limit`] : [];
  if (first && first.ms < DAY_MS) {
    const what = countsIn({ [first.name]: 2 })[0]?.text.replace(/^2 /, '');
    parts.push(`the free plan's ${what} of a day last ${duration(Math.floor(first.ms / 1000))}`);
  }
  return parts;
}
