/** Many edits at once on virtual time: any order, any delays, and runs that die in the middle. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../src/flags/kv/document.ts';
import type { EditContext } from '../../src/flags/kv/edit.ts';
import { kvFlagStore } from '../../src/flags/kv/store.ts';
import { withSetting } from '../../src/flags/settings.ts';
import { type EditOutcome, SETTLE_MS } from '../../src/flags/store.ts';
import type { KvStore } from '../../src/kv/namespace.ts';
import { FLAGS_KEY } from '../../src/shards/flags.ts';
import type { KvEntry, KvWrite } from '../../src/shards/kv-key.ts';
import { type VirtualTime, virtualTime } from '../virtual-time.ts';

interface Operator {
  /** When it begins. */
  start: number;
  /** How long a read takes there and back, and a write there and back. */
  ways: readonly [number, number, number, number];
  /** Where between 0 and 1 each of its pauses before a new attempt lies. */
  dice: readonly number[];
  /** After how many waits it is killed; never if undefined. */
  dies?: number | undefined;
}

/** Operators that take at most `longest` from the start of a read to the end of the write after it. */
function operators(longest: number, mayDie: boolean) {
  // Four shares of it, in any proportion.
  const ways = fc
    .array(fc.nat(longest), { minLength: 4, maxLength: 4 })
    .map((cuts) => [0, ...cuts].sort((a, b) => a - b))
    .map(
      (cuts) => cuts.slice(1).map((cut, i) => cut - (cuts[i] ?? 0)) as Operator['ways'] & number[],
    );
  const operator = fc.record({
    start: fc.integer({ min: 0, max: 3 * SETTLE_MS }),
    ways,
    dice: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 4 }),
    dies: mayDie ? fc.option(fc.nat(12), { nil: undefined }) : fc.constant(undefined),
  });
  // Close together as well as far apart: most of what can go wrong needs the former.
  const together = operator.map((each) => ({ ...each, start: each.start % SETTLE_MS }));
  return fc.array(fc.oneof(operator, together), { minLength: 2, maxLength: 5 });
}

/** One operator's surroundings: its own delays, the store and the clock of all. */
function context(
  time: VirtualTime,
  store: Map<string, KvEntry<string>>,
  operator: Operator,
): EditContext {
  let waits = 0;
  let rolls = 0;
  const sleep = async (ms: number) => {
    if (waits++ === operator.dies) await time.leave();
    await time.sleep(ms);
  };
  const [readThere, readBack, writeThere, writeBack] = operator.ways;
  const kv = {
    async getMany() {
      await sleep(readThere);
      const found = new Map(store);
      await sleep(readBack);
      return found;
    },
    async put({ name, value, expiration, metadata }: KvWrite) {
      await sleep(writeThere);
      store.set(name, { name: name, value: String(value), expiration, metadata });
      await sleep(writeBack);
    },
  } as unknown as KvStore;
  const random = () => operator.dice[rolls++ % operator.dice.length] ?? 0;
  return { kv, now: time.now, sleep, random, signal: new AbortController().signal };
}

interface Simulated {
  /** Of each operator, null if it died. */
  outcomes: (EditOutcome | null)[];
  document: Record<string, unknown>;
}

/** Each operator sets a flag of its own. */
async function simulate(
  each: readonly Operator[],
  verify = true,
  flagOf = (i: number) => `flag_${i}`,
): Promise<Simulated> {
  const time = virtualTime(Date.UTC(2026, 0, 1));
  const store = new Map<string, KvEntry<string>>();
  const outcomes = await time.run(
    each.map((operator, i) => async () => {
      await time.sleep(operator.start);
      const surroundings = context(time, store, operator);
      try {
        const stored = await kvFlagStore(surroundings).read();
        const setting = { value: i + 1, timer: null };
        const after = withSetting(stored.settings, flagOf(i), setting);
        return await stored.change(after, [flagOf(i)]).store({ verify });
      } catch (error) {
        if (operator.dies === undefined) throw error;
        return null;
      }
    }),
  );
  const document = parseDocument(store.get(FLAGS_KEY)?.value ?? '{}');
  if (typeof document === 'string') throw new Error(document);
  return { outcomes, document };
}

/** Whether a run would be exit 0. */
function isDone(outcome: EditOutcome | null): outcome is EditOutcome {
  return (
    outcome !== null &&
    outcome.lost.length === 0 &&
    outcome.doubt !== 'unsettled' &&
    outcome.late === null
  );
}

/** Edits that are believed to be stored, and are not. */
function silentlyLost({ outcomes, document }: Simulated): number[] {
  return outcomes.flatMap((outcome, i) =>
    isDone(outcome) && document[`flag_${i}`] !== i + 1 ? [i] : [],
  );
}

const TIMEOUT = 120_000;

/**
 * The schedule for which it is not enough to find one's edit in another version: `b` has not read what `a`
 * wrote and replaces it, `d` has and brings it back, and `c`, which read in between, takes it away again.
 */
const RELAY: readonly Operator[] = [
  { start: 0, ways: [0, 0, 50, 0], dice: [0] },
  { start: 0, ways: [0, 0, 200, 0], dice: [0] },
  { start: 300, ways: [0, 0, 1900, 0], dice: [0] },
  { start: 100, ways: [0, 0, 400, 0], dice: [0] },
];

describe('edits of different flags at once', () => {
  it(
    'never lose one that was acknowledged, whoever dies in the middle',
    async () => {
      const property = fc.asyncProperty(operators(SETTLE_MS, true), async (each) => {
        expect(silentlyLost(await simulate(each))).toEqual([]);
      });
      await fc.assert(property, { numRuns: 1000 });
    },
    TIMEOUT,
  );

  it('are not taken for stored as soon as another version holds them', async () => {
    const simulated = await simulate(RELAY);
    expect(silentlyLost(simulated)).toEqual([]);
    expect(simulated.outcomes.every(isDone)).toBe(true);
  });

  it(
    'of two runs both come through where nobody dies',
    async () => {
      const property = fc.asyncProperty(operators(SETTLE_MS, false), async (all) => {
        const each = all.slice(0, 2);
        const { outcomes, document } = await simulate(each);
        expect(outcomes.every(isDone)).toBe(true);
        expect(document).toMatchObject(
          Object.fromEntries(each.map((_, i) => [`flag_${i}`, i + 1])),
        );
      });
      await fc.assert(property, { numRuns: 500 });
    },
    TIMEOUT,
  );

  it(
    'lose one where requests are slower than assumed only if a run says that it was late',
    async () => {
      let losses = 0;
      const property = fc.asyncProperty(operators(3 * SETTLE_MS, false), async (each) => {
        const simulated = await simulate(each);
        const lost = silentlyLost(simulated);
        losses += lost.length;
        const isLate = simulated.outcomes.some(
          (outcome) => outcome !== null && outcome.late !== null,
        );
        expect(lost.length === 0 || isLate).toBe(true);
      });
      await fc.assert(property, { numRuns: 1000, seed: 7 });
      expect(losses).toBeGreaterThan(0);
    },
    TIMEOUT,
  );

  it(
    'do lose some without verifying: the schedules are such that it matters',
    async () => {
      let losses = 0;
      for (const each of fc.sample(operators(SETTLE_MS, false), { numRuns: 200, seed: 1 })) {
        losses += silentlyLost(await simulate(each, false)).length;
      }
      expect(losses).toBeGreaterThan(50);
    },
    TIMEOUT,
  );
});

describe('edits of one flag at once', () => {
  it(
    'leave a value that its run was told is stored',
    async () => {
      const property = fc.asyncProperty(operators(SETTLE_MS, false), async (all) => {
        const each = all.slice(0, 2);
        const { outcomes, document } = await simulate(each, true, () => 'flag');
        const winner = outcomes[Number(document.flag) - 1] ?? null;
        expect(isDone(winner)).toBe(true);
      });
      await fc.assert(property, { numRuns: 500 });
    },
    TIMEOUT,
  );
});
