import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Budget,
  isQuotaError,
  newBudget,
  spend,
  stop,
  type WriteKind,
  writesIn,
} from '../../worker/src/budget.ts';
import { BUDGET_ISOLATES } from '../../worker/src/limits.ts';

const MIDNIGHT = Date.UTC(2027, 0, 2);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FREE = 1000;

/** Most important first. */
const KINDS: WriteKind[] = [
  'sessions',
  'limits',
  'security',
  'conversations',
  'activity',
  'counts',
  'cache',
  'analytics',
];

/** Spends what there is for a kind; a budget that never ends is cut off. */
function drain(budget: Budget, kind: WriteKind, perDay: number, now: number): number {
  let writes = 0;
  while (writes < 10_000 && spend(budget, kind, perDay, now) === undefined) writes++;
  return writes;
}

describe('the write budget of an isolate', () => {
  it('lets a less important kind run dry before a more important one', () => {
    const budget = newBudget(100_000, MIDNIGHT);
    const order = [...KINDS].reverse().slice(0, -1);
    for (const kind of order) {
      drain(budget, kind, 100_000, MIDNIGHT);
      const left = KINDS.slice(0, KINDS.indexOf(kind));
      for (const other of left) {
        expect([other, spend({ ...budget }, other, 100_000, MIDNIGHT)]).toEqual([other, undefined]);
      }
    }
    expect(budget.level).toBeLessThan(1);
  });

  it('never refuses a login, and lets the others pay for it', () => {
    const budget = newBudget(FREE, MIDNIGHT);
    for (let i = 0; i < 500; i++) expect(spend(budget, 'sessions', FREE, MIDNIGHT)).toBeUndefined();
    expect(spend(budget, 'limits', FREE, MIDNIGHT + HOUR)).toBe('budget');
    // The debt has a bound: the others are back in hours, not in weeks.
    expect(spend(budget, 'limits', FREE, MIDNIGHT + 5 * HOUR)).toBeUndefined();
  });

  it('gives a new isolate an hour at once, and nothing more in that hour', () => {
    const budget = newBudget(FREE, MIDNIGHT);
    const spent = (now: number) => drain(budget, 'limits', FREE, now);
    const hourly = Math.floor(writesIn(HOUR, FREE));
    expect(spent(MIDNIGHT)).toBe(hourly);
    expect(spent(MIDNIGHT + HOUR - 1)).toBe(0);
    expect(spent(MIDNIGHT + 2 * HOUR)).toBeGreaterThanOrEqual(hourly);
  });

  it('refuses everything but logins once KV has said that the day is over, until midnight UTC', () => {
    const budget = newBudget(1e9, MIDNIGHT);
    stop(budget, MIDNIGHT + 5 * HOUR);
    for (const kind of KINDS.slice(1)) {
      expect(spend(budget, kind, 1e9, MIDNIGHT + DAY - 1)).toBe('quota');
    }
    expect(spend(budget, 'sessions', 1e9, MIDNIGHT + DAY - 1)).toBeUndefined();
    expect(spend(budget, 'analytics', 1e9, MIDNIGHT + DAY)).toBeUndefined();
  });

  it('keeps the isolates it plans with below the plan, whatever they write and however they restart', () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 20 * 60_000 }),
      kind: fc.constantFrom(...KINDS.slice(1)),
      isRestarted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 300, maxLength: 1000 }), (steps) => {
        let now = MIDNIGHT - 5 * HOUR;
        let born = now;
        let budget = newBudget(FREE, now);
        let today = 0;
        for (const { wait, kind, isRestarted } of steps) {
          now += wait;
          if (isRestarted && now - born >= HOUR) {
            budget = newBudget(FREE, now);
            born = now;
          }
          const isToday = now >= MIDNIGHT && now < MIDNIGHT + DAY;
          const writes = drain(budget, kind, FREE, now);
          if (isToday) today += writes;
        }
        expect(today * BUDGET_ISOLATES).toBeLessThan(FREE);
      }),
    );
  });

  it.each([0, 1, 10])('lets nothing but logins through with %d writes a day', (perDay) => {
    const budget = newBudget(perDay, MIDNIGHT);
    expect(spend(budget, 'limits', perDay, MIDNIGHT)).toBe('budget');
    expect(spend(budget, 'sessions', perDay, MIDNIGHT)).toBeUndefined();
  });
});

describe('an error of KV', () => {
  it.each([
    [new Error('KV put() limit exceeded for the day.'), true],
    [
      new Error('your account has reached the free usage limit for this operation [code: 10048]'),
      true,
    ],
    [new Error('KV PUT failed: 429 Too Many Requests'), false],
    [new Error('KV PUT failed: 500 Internal Server Error'), false],
    [new TypeError('Value is too large'), false],
    ['nonsense', false],
  ])('%s: the quota is used up: %s', (error, isQuota) => {
    expect(isQuotaError(error)).toBe(isQuota);
  });
});
