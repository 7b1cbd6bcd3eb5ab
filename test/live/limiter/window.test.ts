import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  current,
  endOf,
  giveBack,
  LOOK_AGAIN_MS,
  newWindow,
  RECALL_MS,
  take,
  WINDOW_MS,
  type Window,
} from '../../../worker/live/src/limiter/window.ts';
import {
  giveUp,
  type Lease,
  newLease,
  spend,
  takeOver,
  wanted,
} from '../../../worker/src/lease.ts';

const START = Date.UTC(2027, 0, 1);
const demand = (holder: string, need: number, want = 0, lease = 1) => ({
  holder,
  lease,
  need,
  want,
});

describe('a window', () => {
  it('grants all that waits, and a share of what is left to what may come', () => {
    const window = newWindow(START);
    expect(take(window, START, demand('a', 1, 50)).granted).toBe(25);
    expect(take(window, START, demand('b', 60, 0)).granted).toBe(60);
    expect(take(window, START, demand('c', 60, 0)).granted).toBe(15);
    expect(take(window, START, demand('d', 1, 9))).toMatchObject({ granted: 0, left: 0 });
  });

  it('takes a lease back once, and only the part that nobody waited for', () => {
    const window = newWindow(START);
    take(window, START, demand('a', 5, 20, 7));
    expect(giveBack(window, START, { holder: 'a', lease: 6, unspent: 3 })).toBe(false);
    expect(giveBack(window, START, { holder: 'b', lease: 7, unspent: 3 })).toBe(false);
    expect(giveBack(window, START, { holder: 'a', lease: 7, unspent: 99 })).toBe(true);
    expect(window.used).toBe(5);
    expect(giveBack(window, START, { holder: 'a', lease: 7, unspent: 99 })).toBe(false);
    expect(window.used).toBe(5);
  });

  it('takes nothing back after its end', () => {
    const window = newWindow(START);
    take(window, START, demand('a', 1, 20, 7));
    expect(giveBack(window, window.resetAt, { holder: 'a', lease: 7, unspent: 19 })).toBe(false);
  });

  it('says when to ask again: soon where a lease may come back, late where none can', () => {
    const window = newWindow(START);
    take(window, START, demand('a', 75));
    take(window, START, demand('b', 1, 5));
    take(window, START, demand('c', 99));
    expect(take(window, START, demand('c', 1)).again_in_ms).toBe(RECALL_MS);
    expect(take(window, START, demand('b', 1)).again_in_ms).toBe(LOOK_AGAIN_MS);
    expect(take(window, window.resetAt - 1, demand('b', 1)).again_in_ms).toBe(1);
  });

  it('begins anew at its end, and not when the clock goes back', () => {
    const window = newWindow(START);
    take(window, START, demand('a', 100));
    expect(current(window, START + WINDOW_MS - 1)).toBe(window);
    expect(current(window, START + WINDOW_MS)).toMatchObject({
      used: 0,
      resetAt: START + 2 * WINDOW_MS,
    });
    const hourBack = current(window, START - 3_600_000);
    expect(hourBack).toMatchObject({ used: 100, resetAt: START - 3_600_000 + WINDOW_MS });
    expect(endOf(hourBack)).toBe(START - 3_600_000 + WINDOW_MS);
  });
});

/** What may happen: requests in an isolate, time passing, clocks going back, messages lost or late. */
type Step =
  | { kind: 'requests'; isolate: number; count: number }
  | { kind: 'idle'; isolate: number }
  | { kind: 'deliver'; which: number }
  | { kind: 'twice'; which: number }
  | { kind: 'lose'; which: number }
  | { kind: 'pass'; ms: number }
  | { kind: 'clockBack'; isolate: number; ms: number };

const isolate = fc.nat(3);
const count = fc.integer({ min: 1, max: 6 });
/** Mostly within a window, now and then to its end or beyond. */
const passing = fc.oneof(
  { weight: 9, arbitrary: fc.nat(1000) },
  { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 70_000 }) },
);
const which = fc.nat(20);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ kind: fc.constant('requests' as const), isolate, count }),
    },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('deliver' as const), which }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('idle' as const), isolate }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('twice' as const), which }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), which }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: passing }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('clockBack' as const),
        isolate,
        ms: fc.nat(99_000),
      }),
    },
  ),
  { minLength: 300, maxLength: 1500, size: 'max' },
);

/** Four isolates, one object, and a network that delays, repeats and loses. */
class World {
  now = START;
  window: Window = newWindow(START - WINDOW_MS);
  /** Requests let through in each of the object's windows, by when it began. */
  readonly passed = new Map<number, number>();
  readonly #leases: Lease[] = Array.from({ length: 4 }, () => newLease('c'));
  readonly #clocks = [0, 5000, -5000, 1_000_000];
  readonly #waiting = [0, 0, 0, 0];
  /** Isolates with a question under way; a lost one is given up. */
  readonly #asking = new Set<number>();
  readonly #messages: { from: number; arrive: () => void }[] = [];
  readonly #strict: boolean;
  #lastId = 0;

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  do(step: Step): void {
    if (step.kind === 'pass') this.now += step.ms;
    else if (step.kind === 'clockBack') this.#turnBack(step.isolate, step.ms);
    else if (step.kind === 'requests') this.#requests(step.isolate, step.count);
    else if (step.kind === 'idle') this.#idle(step.isolate);
    else this.#message(step.kind, step.which);
  }

  #lease = (index: number) => this.#leases[index] as Lease;
  #clock = (index: number) => this.now + (this.#clocks[index] ?? 0);

  /** To before the isolate last looked at it; and it looks again: it does so every second while it holds tokens. */
  #turnBack(index: number, ms: number): void {
    this.#clocks[index] = this.#lease(index).seenAt - 1 - ms - this.now;
    this.#request(index);
  }

  #message(kind: 'deliver' | 'twice' | 'lose', which: number): void {
    if (this.#messages.length === 0) return;
    const index = which % this.#messages.length;
    const message = this.#messages[index];
    if (kind !== 'twice') this.#messages.splice(index, 1);
    if (kind !== 'lose') message?.arrive();
    else if (message) this.#asking.delete(message.from);
  }

  #requests(index: number, count: number): void {
    for (let i = 0; i < count; i++) this.#request(index);
  }

  #request(index: number): void {
    const passes = spend(this.#lease(index), this.#clock(index));
    if (passes) this.#pass();
    else if (passes === undefined) this.#ask(index);
  }

  #pass(): void {
    const { since, resetAt } = this.window;
    expect(this.now).toBeLessThan(resetAt);
    this.passed.set(since, (this.passed.get(since) ?? 0) + 1);
  }

  #ask(index: number): void {
    this.#waiting[index] = (this.#waiting[index] ?? 0) + 1;
    if (this.#asking.has(index)) return;
    this.#asking.add(index);
    const lease = this.#lease(index);
    const askedAt = this.#clock(index);
    const id = ++this.#lastId;
    lease.askedId = id;
    const need = this.#waiting[index] ?? 1;
    const want = this.#strict ? 0 : wanted(lease, askedAt);
    const send = (arrive: () => void) => this.#messages.push({ from: index, arrive });
    send(() => {
      this.window = current(this.window, this.now);
      const answer = take(this.window, this.now, { holder: `${index}`, lease: id, need, want });
      let isNew = true;
      send(() => {
        if (isNew) this.#accept(index, id, { ...answer, mirrored: false }, askedAt);
        isNew = false;
      });
    });
  }

  #accept(
    index: number,
    id: number,
    answer: Parameters<typeof takeOver>[2],
    askedAt: number,
  ): void {
    this.#asking.delete(index);
    takeOver(this.#lease(index), id, answer, askedAt, this.#clock(index));
    while (this.#waiting[index] && spend(this.#lease(index), this.#clock(index))) {
      this.#waiting[index]--;
      this.#pass();
    }
    this.#waiting[index] = 0;
  }

  #idle(index: number): void {
    const lease = this.#lease(index);
    if (lease.tokens === 0) return;
    const back = { holder: `${index}`, lease: lease.id, unspent: giveUp(lease) };
    const arrive = () => giveBack(this.window, this.now, back);
    this.#messages.push({ from: index, arrive });
  }
}

describe.each([
  ['leased', false],
  ['strict', true],
])('%s: four isolates', (_mode, strict) => {
  it('never let more than 100 requests through in a window, whatever the network and their clocks do', () => {
    let most = 0;
    fc.assert(
      fc.property(steps, (all) => {
        const world = new World(strict);
        for (const step of all) world.do(step);
        const highest = Math.max(0, ...world.passed.values());
        expect(highest).toBeLessThanOrEqual(100);
        most = Math.max(most, highest);
      }),
      { numRuns: 200 },
    );
    // The runs came near enough to the limit to have passed it.
    expect(most).toBeGreaterThan(85);
  });
});
