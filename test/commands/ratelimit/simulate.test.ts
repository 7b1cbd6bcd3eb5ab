import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../../src/commands/ratelimit/replay.ts';
import { useEngine } from '../../engine.ts';
import { run } from '../../run.ts';
import { seed } from '../../seed.ts';

const NOW = Date.UTC(2026, 2, 14, 15, 9, 26, 535);

const times = fc
  .array(fc.integer({ min: NOW, max: NOW + 100_000 }), { maxLength: 60 })
  .map((list) => list.sort((a, b) => a - b));
const limit = fc.record({
  limit: fc.integer({ min: 1, max: 20 }),
  windowMs: fc.integer({ min: 1, max: 50_000 }),
  algo: fc.constantFrom('fixed' as const, 'sliding' as const),
});

describe('replay', () => {
  it('counts fixed windows from the first request on', () => {
    const at = [0, 10, 20, 59, 60, 61, 200];
    expect(replay(at, { limit: 2, windowMs: 60, algo: 'fixed' })).toEqual({
      requests: 7,
      blocked: 2,
      peak: 5,
      first_blocked_at: 20,
    });
  });

  it('slides: a request waits for the oldest of the window to leave it', () => {
    const at = [0, 10, 20, 59, 60, 61, 200];
    expect(replay(at, { limit: 2, windowMs: 60, algo: 'sliding' })).toMatchObject({
      blocked: 3,
      first_blocked_at: 20,
    });
  });

  it('refuses none from the peak on, and lets no window have more than the limit when it slides', () => {
    fc.assert(
      fc.property(times, limit, (at, asked) => {
        const { peak, blocked, requests } = replay(at, asked);
        expect(blocked).toBeLessThanOrEqual(requests);
        if (asked.limit >= peak) expect(blocked).toBe(0);
        if (asked.algo === 'sliding' && asked.limit < peak) expect(blocked).toBeGreaterThan(0);
      }),
    );
  });
});

describe('ratelimit simulate', () => {
  const engine = useEngine();
  beforeAll(async () => {
    const event = (ip: string, secondsAgo: number) => ({
      key: `analytics:${NOW - secondsAgo * 1000}:${ip}`,
      value: 'never read',
    });
    await seed(engine, [
      ...Array.from({ length: 30 }, (_, i) => event('203.0.113.9', 100 + i)),
      ...Array.from({ length: 12 }, (_, i) => event('2001:db8::1', 500 + i)),
      ...Array.from({ length: 5 }, (_, i) => event('192.0.2.1', 20 + i)),
      event('192.0.2.2', 90_000),
    ]);
  });
  const goblin = (line: string) => run(line, { engine, now: NOW });

  it('lists who would be blocked, and says what it cannot know', async () => {
    const { code, stderr, json } = await goblin('ratelimit simulate --limit 10 --json -v');
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { ip: '203.0.113.9', requests: 30, blocked: 20, share: 66.7, peak: 30 },
      { ip: '2001:db8::1', requests: 12, blocked: 2, share: 16.7, peak: 12 },
    ]);
    expect(stderr).toContain(
      '2 of 3 addresses would have been blocked, with 22 of 47 requests (46.8%)',
    );
    expect(stderr).toContain('left no analytics event');
    expect(stderr).not.toMatch(/\d reads?/);
  });

  it('takes the present limit where none is given', async () => {
    expect((await goblin('ratelimit simulate --json')).json()).toEqual([]);
  });

  it.each([
    ['--algo slidng', 'Did you mean sliding?'],
    ['--limit 0', '"0" is no count'],
    ['--window 0s', '"0s" is not a valid length of time'],
  ])('refuses %s', async (option, message) => {
    const { code, stderr } = await goblin(`ratelimit simulate ${option}`);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
