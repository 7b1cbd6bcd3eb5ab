/** Two operators at once, each a whole run of goblin, on virtual time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../../cases.ts';
import { distant } from '../../faults.ts';
import { MEMORY_ENV, memoryApi } from '../../memory-api.ts';
import { type Ran, run } from '../../run.ts';
import { virtualTime } from '../../virtual-time.ts';
import { BUILT_IN } from './store.ts';

const NAMESPACE = '0123456789abcdef0123456789abcdef';
/** As many as make a lost edit certain: see what happens without verifying. */
const ROUNDS = cases(30, 200);
/** Milliseconds for hundreds of runs: none of them waits, but a loaded machine may be slow. */
const TIMEOUT = 120_000;
/** The same rounds every time. */
const SEED = 20_260_101;

interface Round {
  latency: number;
  /** When the second one starts, in latencies. */
  offset: number;
  /** How long each way of a request takes, in latencies. */
  ways: readonly number[];
}

interface Result {
  runs: Ran[];
  document: Record<string, unknown>;
  took: number;
}

async function race(lines: readonly string[], { latency, offset, ways }: Round): Promise<Result> {
  const time = virtualTime(Date.UTC(2026, 0, 1));
  const began = time.now();
  let trips = 0;
  const travel = () => time.sleep((latency / 2) * (ways[trips++ % ways.length] ?? 1));
  const api = memoryApi([{ key: 'feature_flags', value: { ...BUILT_IN, a: false, b: false } }]);
  const party = (line: string, start: number) => async () => {
    await time.sleep(start);
    return run(['--namespace-id', NAMESPACE, ...line.split(' ')], {
      env: MEMORY_ENV,
      fetch: distant(api.fetch, travel),
      now: time.now,
      onSleep: time.sleep,
    });
  };
  const runs = await time.run(lines.map((line, i) => party(line, i * offset * latency)));
  const document = JSON.parse(String(api.records.get('feature_flags')?.value));
  return { runs, document, took: time.now() - began };
}

function rounds(latency: number): Round[] {
  const round = fc.record({
    offset: fc.double({ min: 0, max: 2.5, noNaN: true }),
    ways: fc.array(fc.double({ min: 0.5, max: 1, noNaN: true }), { minLength: 7, maxLength: 11 }),
  });
  return fc.sample(round, { numRuns: ROUNDS, seed: SEED }).map((each) => ({ latency, ...each }));
}

/** Changes that were acknowledged and are not there. */
function lost({ runs, document }: Result): string[] {
  return ['a', 'b'].filter((flag, i) => runs[i]?.code === 0 && document[flag] !== true);
}

describe.each([5, 30, 300])('two edits of different flags, %i ms from the API', (latency) => {
  it(
    'both hold in the end, in each round',
    async () => {
      let merged = 0;
      for (const round of rounds(latency)) {
        const result = await race(['flags set a true', 'flags set b true'], round);
        expect(result.document).toMatchObject({ a: true, b: true });
        expect(result.runs.map(({ code }) => code)).toEqual([0, 0]);
        if (result.runs.some(({ stderr }) => stderr.includes('had replaced this one'))) merged++;
      }
      // Otherwise the rounds would prove nothing.
      expect(merged).toBeGreaterThan(ROUNDS / 4);
    },
    TIMEOUT,
  );

  it(
    'lose one in many rounds where they do not verify',
    async () => {
      let losses = 0;
      for (const round of rounds(latency).slice(0, 20)) {
        const lines = ['flags set a true --no-verify', 'flags set b true --no-verify'];
        losses += lost(await race(lines, round)).length;
      }
      expect(losses).toBeGreaterThan(5);
    },
    TIMEOUT,
  );
});

describe('two edits of the same flag', () => {
  it(
    'leave the value of one, and tell the other: exit 1',
    async () => {
      let told = 0;
      for (const round of rounds(30).slice(0, 20)) {
        const { runs, document } = await race(['flags set a 25', 'flags set a 75'], round);
        const codes = runs.map(({ code }) => code);
        const winner = runs[[25, 75].indexOf(Number(document.a))];
        expect(winner?.code).toBe(0);
        if (codes.includes(1)) told++;
        // With both exit 0, the second one has read what the first one wrote.
        else expect([codes, document.a]).toEqual([[0, 0], 75]);
      }
      expect(told).toBeGreaterThan(5);
    },
    TIMEOUT,
  );

  it('are no reason to quarrel: an edit that undoes another on purpose wins', async () => {
    const round: Round = { latency: 30, offset: 10, ways: [1] };
    const { runs, document } = await race(['flags set a true', 'flags set a false'], round);
    expect(document.a).toBe(false);
    expect(runs.map(({ code }) => code)).toEqual([1, 0]);
    expect(runs[0]?.stderr).toContain('a is false now, not true');
    expect(runs[1]?.stderr).not.toContain('had replaced this one');
  });
});

describe('an edit that nobody disturbs', () => {
  it.each([5, 30, 300])('takes three requests and 2 s at %i ms', async (latency) => {
    const round: Round = { latency, offset: 0, ways: [1] };
    const { runs, took } = await race(['flags set a true'], round);
    expect(runs[0]?.code).toBe(0);
    expect(took).toBe(3 * latency + 2000);
  });

  it('takes two requests with --no-verify', async () => {
    const round: Round = { latency: 30, offset: 0, ways: [1] };
    const { took } = await race(['flags set a true --no-verify'], round);
    expect(took).toBe(60);
  });

  it('is exit 5 where reading and writing took longer than others wait', async () => {
    const round: Round = { latency: 1200, offset: 0, ways: [1] };
    const { runs, document } = await race(['flags set a true'], round);
    expect(runs[0]?.code).toBe(5);
    expect(runs[0]?.stderr).toContain('the flags are stored, but it took 2.4 s');
    expect(document.a).toBe(true);
  });
});
