/** Two operators at once on flags in D1, each a whole run of goblin, on virtual time and a real database. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../../cases.ts';
import { distant } from '../../faults.ts';
import { memoryApi } from '../../memory-api.ts';
import { type Ran, run } from '../../run.ts';
import { useTables } from '../../tables/d1.ts';
import { virtualTime } from '../../virtual-time.ts';
import { flagTables } from './d1-flags.ts';

const LATENCY = 30;
const ROUNDS = cases(20, 200);
/** Milliseconds for hundreds of runs: none of them waits, but a loaded machine may be slow. */
const TIMEOUT = 240_000;
/** The same rounds every time. */
const SEED = 20_260_101;

const d1 = useTables('');
const { flags, changes } = flagTables(() => d1);

/** Two flags that are off, and no history. */
const RESET = `DELETE FROM feature_flags; DELETE FROM feature_flag_changes;
  DELETE FROM audit_logs;
  INSERT INTO feature_flags (flag_name, version) VALUES ('a', 1), ('b', 1)`;

interface Round {
  /** When the second one starts, in latencies. */
  offset: number;
  /** How long each way of a request takes, in latencies. */
  ways: readonly number[];
}

interface Result {
  runs: Ran[];
  /** The copy in KV, undefined where nobody came to write it. */
  copy: Record<string, unknown> | undefined;
  requests: number;
}

async function race(lines: readonly string[], { offset, ways }: Round): Promise<Result> {
  await d1.query({ sql: RESET });
  const time = virtualTime(Date.UTC(2026, 0, 1));
  let trips = 0;
  const travel = () => time.sleep((LATENCY / 2) * (ways[trips++ % ways.length] ?? 1));
  const kv = memoryApi();
  const network = distant(async (url, init) => {
    if (!url.includes('/d1/')) return kv.fetch(url, init);
    const answer = await fetch(url, init);
    return new Response(await answer.text(), answer);
  }, travel);
  const party = (line: string, i: number) => async () => {
    await time.sleep(i * offset * LATENCY);
    return run(`--database ${d1.engine.database.id} ${line}`, {
      engine: d1.engine,
      env: { GOBLIN_ACTOR: `operator-${i}` },
      fetch: network,
      now: time.now,
      onSleep: time.sleep,
    });
  };
  const runs = await time.run(lines.map(party));
  const value = kv.records.get('feature_flags')?.value;
  return {
    runs,
    copy: value === undefined ? undefined : JSON.parse(String(value)),
    requests: trips / 2,
  };
}

function rounds(count: number): Round[] {
  const round = fc.record({
    offset: fc.double({ min: 0, max: 2.5, noNaN: true }),
    ways: fc.array(fc.double({ min: 0.2, max: 3, noNaN: true }), { minLength: 7, maxLength: 11 }),
  });
  return fc.sample(round, { numRuns: count, seed: SEED });
}

const codes = ({ runs }: Result) => runs.map(({ code }) => code);

describe('two operators at once', () => {
  it(
    'on one flag: one wins and the other is told, in each of 200 rounds',
    async () => {
      let told = 0;
      for (const round of rounds(ROUNDS)) {
        const result = await race(['flags set a 25', 'flags set a 75'], round);
        const { a } = await flags();
        const recorded = await changes();
        const audited = await d1.rows('SELECT user_id, outcome FROM audit_logs');
        expect(audited.filter(({ outcome }) => outcome === 'done').length).toBe(recorded.length);
        expect(audited).toHaveLength(2);
        // Every change that was acknowledged is recorded, and no other is.
        expect(recorded).toHaveLength(codes(result).filter((code) => code === 0).length);
        expect(result.copy).toMatchObject({ a: a?.value });
        if (codes(result).every((code) => code === 0)) continue;
        told++;
        const winner = [25, 75].indexOf(Number(a?.value));
        expect(codes(result)).toEqual(winner === 0 ? [0, 1] : [1, 0]);
        const wanted = winner === 0 ? 75 : 25;
        expect(result.runs[1 - winner]?.stderr).toContain(
          `a is ${a?.value}% now, not ${wanted}% (set by operator-${winner})`,
        );
      }
      // Otherwise the rounds would prove nothing.
      expect(told).toBeGreaterThan(ROUNDS / 4);
    },
    TIMEOUT,
  );

  it(
    'on two flags: both changes hold, in D1 and in KV',
    async () => {
      for (const round of rounds(ROUNDS / 2)) {
        const result = await race(['flags set a true', 'flags set b true'], round);
        expect(codes(result)).toEqual([0, 0]);
        expect(await flags()).toMatchObject({ a: { value: true }, b: { value: true } });
        expect(result.copy).toMatchObject({ a: true, b: true });
      }
    },
    TIMEOUT,
  );

  it(
    'leave KV behind D1 in some rounds where they do not verify',
    async () => {
      let behind = 0;
      for (const round of rounds(ROUNDS / 2)) {
        const lines = ['flags set a true --no-verify', 'flags set b true --no-verify'];
        const { copy } = await race(lines, round);
        if (copy?.a !== true || copy?.b !== true) behind++;
      }
      expect(behind).toBeGreaterThan(0);
    },
    TIMEOUT,
  );
});

it('an operator alone makes three requests, and does not wait', async () => {
  const { requests, copy } = await race(['flags set a true'], { offset: 0, ways: [1] });
  expect(requests).toBe(3);
  expect(copy).toMatchObject({ a: true, b: false });
});

it('a run that is slow to write KV looks whether somebody was faster', async () => {
  const { requests, copy } = await race(['flags set a true'], { offset: 0, ways: [40] });
  expect(requests).toBe(5);
  expect(copy).toMatchObject({ a: true });
});
