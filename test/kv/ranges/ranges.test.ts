import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventRange, type Span } from '../../../src/kv/ranges/ranges.ts';
import { security } from '../../../src/shards/security.ts';
import { fakeList } from './fake-list.ts';

const NOW = Date.UTC(2026, 2, 14, 15, 9, 26, 535);
const HOUR = 3_600_000;
const WEEK = 168 * HOUR;

const timeOf = (name: string) => security.key.parse(name)?.timestamp ?? Number.NaN;

/** What a scan of all names gives for a span. */
function scanned(names: readonly string[], { from, to }: Span): string[] {
  const inside = names.filter((name) => timeOf(name) >= from && timeOf(name) < to);
  return inside.sort((a, b) => timeOf(a) - timeOf(b) || (a < b ? -1 : 1));
}

/** Near and far times, and many that share a second, a block's border or nothing. */
const time = fc.oneof(
  fc.integer({ min: NOW - 5000, max: NOW }),
  fc.integer({ min: NOW - HOUR, max: NOW }),
  fc.integer({ min: NOW - WEEK, max: NOW + HOUR }),
  fc.integer({ min: 1e12, max: 4e12 }),
  fc.integer({ min: 100_000, max: 400_000 }).map((block) => block * 1e7),
);
const span = fc.tuple(time, time).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const ip = fc.constantFrom('203.0.113.9', '2001:db8::1', '::', 'unknown', '203.0.113.9~a1');

const seconds = (ms: number) => `security:${Math.floor(ms / 1000)}`;
const iso = (ms: number, cut: number) => `security:${new Date(ms).toISOString().slice(0, cut)}Z`;

/** Events of a Worker that wrote ISO 8601 until `changed` and milliseconds since; seconds at any time. */
const names = fc
  .record({
    changed: time,
    times: fc.array(
      fc.tuple(time, ip, fc.constantFrom('ms', 'ms', 's'), fc.constantFrom(16, 19, 23)),
      {
        maxLength: 60,
      },
    ),
    misfits: fc.subarray([
      'security:',
      'security:17',
      'security:1773500zzz',
      'security:~',
      'security:é',
    ]),
  })
  .map(({ changed, times, misfits }) => {
    const events = times.map(([ms, address, shape, cut]) => {
      if (shape === 's') return `${seconds(ms)}:${address}`;
      return ms < changed ? `${iso(ms, cut)}:${address}` : `security:${ms}:${address}`;
    });
    return [...new Set([...events, ...misfits])];
  });

const paging = fc.record({
  pageSize: fc.integer({ min: 1, max: 12 }),
  emptyEvery: fc.integer({ min: 2, max: 9 }),
});

describe('eventRange', () => {
  it('finds what a scan of all keys finds, in order of time', async () => {
    await fc.assert(
      fc.asyncProperty(names, span, paging, async (given, asked, options) => {
        const { kv } = fakeList(given, options);
        const found = await eventRange(kv, security).all(asked);
        expect(found.map(({ key }) => key.name)).toEqual(scanned(given, asked));
      }),
      { numRuns: 1000 },
    );
  });

  it('finds the same from the newest on', async () => {
    await fc.assert(
      fc.asyncProperty(names, span, paging, async (given, asked, options) => {
        const { kv } = fakeList(given, options);
        const found: string[] = [];
        for await (const keys of eventRange(kv, security).newestFirst(asked)) {
          found.push(...keys.map(({ key }) => key.name));
        }
        expect(found).toEqual(scanned(given, asked).reverse());
      }),
      { numRuns: 1000 },
    );
  });

  it('gives every key that was there all the time, once, while others are written', async () => {
    await fc.assert(
      fc.asyncProperty(names, names, span, paging, async (given, later, asked, options) => {
        const coming = later.filter((name) => !given.includes(name) && !name.includes('T'));
        const onRequest = (listed: string[]) => listed.push(...coming.splice(0, 3));
        const { kv, names: listed } = fakeList(given, { ...options, onRequest });
        const found = (await eventRange(kv, security).all(asked)).map(({ key }) => key.name);
        expect(new Set(found).size).toBe(found.length);
        expect(scanned(listed, asked)).toEqual(expect.arrayContaining(found));
        const digits = given.filter((name) => !name.includes('T'));
        expect(found).toEqual(expect.arrayContaining(scanned(digits, asked)));
      }),
    );
  });

  it('finds nothing in a span that ends where it begins, without a request', async () => {
    const { kv, requests } = fakeList([`security:${NOW}:unknown`]);
    expect(await eventRange(kv, security).all({ from: NOW, to: NOW })).toEqual([]);
    expect(requests).toEqual([]);
  });
});

/** Events at an even pace up to `end`, with the same jitter each time. */
function evenly(count: number, length: number, end: number): string[] {
  const step = length / count;
  return Array.from({ length: count }, (_, i) => {
    const jitter = ((i * 7919) % 1000) / 1000;
    return `security:${Math.floor(end - length + (i + jitter) * step)}:203.0.113.${i % 250}`;
  });
}

describe('what a range costs', () => {
  it('is at most 3 lists for the last hour of 100,000 keys in a week, at any time of day', async () => {
    const costs: number[] = [];
    for (let moved = 0; moved < 100; moved++) {
      const end = NOW - moved * 1_234_567;
      const { kv, requests } = fakeList(evenly(3000, 3000 * (WEEK / 100_000), end));
      await eventRange(kv, security).all({ from: end - HOUR, to: end + 60_000 });
      costs.push(requests.length);
    }
    expect(Math.max(...costs)).toBeLessThanOrEqual(3);
  });

  it.each([
    ['50 of 100,000 keys', 100_000, 50, 5],
    ['50 of 500 keys', 500, 50, 2],
    ['2,000 of 100,000 keys', 100_000, 2000, 9],
  ])('is few lists for the newest %s', async (_, count, wanted, most) => {
    const { kv, requests } = fakeList(evenly(count, WEEK, NOW));
    let found = 0;
    for await (const keys of eventRange(kv, security).newestFirst({ from: 0, to: NOW })) {
      found += keys.length;
      if (found >= wanted) break;
    }
    expect(found).toBeGreaterThanOrEqual(wanted);
    expect(requests.length).toBeLessThanOrEqual(most);
  });

  it('follows what is in the span: a day of 100,000 keys in a week', async () => {
    const { kv, requests } = fakeList(evenly(100_000, WEEK, NOW));
    await eventRange(kv, security).all({ from: NOW - 24 * HOUR, to: NOW });
    // 14,286 keys are 15 full pages.
    expect(requests.length).toBeLessThanOrEqual(24);
  });

  it('is not misled by a burst with silence behind it', async () => {
    const burst = evenly(5000, 10_000, NOW - 20 * HOUR);
    const { kv, requests } = fakeList([...burst, ...evenly(100, 20 * HOUR, NOW)]);
    await eventRange(kv, security).all({ from: NOW - 24 * HOUR, to: NOW });
    expect(requests.length).toBeLessThanOrEqual(25);
  });

  it('is one more list where no key from before the span was seen', async () => {
    const { kv, requests } = fakeList([`security:${NOW}:unknown`]);
    await eventRange(kv, security).all({ from: NOW - HOUR, to: NOW + 1 });
    expect(requests).toEqual(['security:177349', 'security:177350', 'security:2026-03-14T1']);
  });
});
