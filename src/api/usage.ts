/** What a run has used: the line that `--verbose` ends with, and the units in which plans state their cost. */
import { plural } from '../text/plural.ts';

interface Counter {
  /** One of it and several: `['read', 'reads']`. */
  unit: readonly [one: string, many: string];
  /** How many the free plan allows per UTC day; absent where nothing is billed. */
  freePerDay?: number;
}

/**
 * Everything that is counted, in the order in which it is shown. To count something new, add a line.
 * Limits of the free plan, as of 2026: developers.cloudflare.com/kv/platform/pricing (operations per key, and
 * per request for lists), d1/platform/pricing (index entries count as rows written), workers/platform/pricing.
 */
const COUNTERS = {
  /** HTTP requests to Cloudflare's API, retries included. */
  requests: { unit: ['request', 'requests'] },
  retries: { unit: ['retry', 'retries'] },
  'kv.list': { unit: ['list', 'lists'], freePerDay: 1_000 },
  'kv.read': { unit: ['read', 'reads'], freePerDay: 100_000 },
  'kv.write': { unit: ['write', 'writes'], freePerDay: 1_000 },
  'kv.delete': { unit: ['delete', 'deletes'], freePerDay: 1_000 },
  'd1.rows_read': { unit: ['D1 row read', 'D1 rows read'], freePerDay: 5_000_000 },
  'd1.rows_written': { unit: ['D1 row written', 'D1 rows written'], freePerDay: 100_000 },
  'edge.requests': {
    unit: ['request to the edge', 'requests to the edge'],
    freePerDay: 100_000,
  },
} satisfies Record<string, Counter>;

export type CounterName = keyof typeof COUNTERS;

/** Counts by name; what is absent is 0. */
export type Counts = Partial<Record<CounterName, number>>;

/** The counts of a run. Whoever makes a request adds to them. */
export type Usage = Record<CounterName, number> & {
  /** Milliseconds spent waiting for the API's rate limit. */
  waitedMs: number;
};

/** The usage of a run that has not begun. */
export function noUsage(): Usage {
  const zeros = Object.fromEntries(Object.keys(COUNTERS).map((name) => [name, 0]));
  return { ...(zeros as Record<CounterName, number>), waitedMs: 0 };
}

/** What is in `counts`, in their order: the counter's name, how many, and both in words. */
export function countsIn(counts: Counts): { name: CounterName; count: number; text: string }[] {
  const entries = Object.entries(counts) as [CounterName, number][];
  return entries
    .filter(([, count]) => count > 0)
    .map(([name, count]) => ({ name, count, text: plural(count, ...COUNTERS[name].unit) }));
}

/** How many the free plan allows a day, or null for what is not billed. */
export function freePerDay(name: CounterName): number | null {
  const counter: Counter = COUNTERS[name];
  return counter.freePerDay ?? null;
}

/** Adds counts up: the cost of doing one thing after another. */
export function sumOf(all: readonly Counts[]): Counts {
  const sum: Counts = {};
  for (const counts of all) {
    for (const { name, count } of countsIn(counts)) sum[name] = (sum[name] ?? 0) + count;
  }
  return sum;
}

/** "3 requests · 1 list · 200 reads · 0.40 s": what was used, the wait for the rate limit, and the time. */
export function describeUsage(usage: Usage, elapsedMs: number): string {
  const { requests, waitedMs, ...rest } = usage;
  const waited = waitedMs > 0 ? [`${seconds(waitedMs)} waiting`] : [];
  const texts = countsIn(rest).map(({ text }) => text);
  return [plural(requests, 'request', 'requests'), ...texts, ...waited, seconds(elapsedMs)].join(
    ' · ',
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}
