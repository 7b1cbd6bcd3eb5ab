/** Commands on D1 that are killed; `npm run bench:kills-d1` does the same 50 times each. */
import { describe, expect, it } from 'vitest';
import { useD1 } from '../../local/d1.ts';
import { tablesOf } from '../../tables/d1.ts';
import { killOnce, SCENARIOS } from '../../tables/kills.ts';

/** Each of them once before, while and after a write, the rest in the benchmark. */
const ROUNDS = { migrate: [0, 4], setFlag: [1, 3, 5], forget: [2, 4] } as const;

const d1 = useD1();

describe.each(Object.keys(ROUNDS) as (keyof typeof ROUNDS)[])('%s that is killed', (name) => {
  it.each(ROUNDS[name])(
    'leaves a whole state, and the next run finishes: round %i',
    async (round) => {
      expect(await killOnce(tablesOf(d1), SCENARIOS[name], round)).toEqual([]);
    },
  );
});
