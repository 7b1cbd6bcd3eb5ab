/**
 * `kill -9` of migrate, flags set and user forget at their requests, 50 times each or as often as is said: the next
 * run finds a whole state and finishes. `npm run bench:kills-d1 [-- <rounds>]`.
 */
import { startD1 } from '../test/local/d1.ts';
import { tablesOf } from '../test/tables/d1.ts';
import { killOnce, SCENARIOS } from '../test/tables/kills.ts';
import { verdict } from './figures.ts';

const rounds = Number(process.argv[2] ?? 50);
const d1 = tablesOf(await startD1());
for (const scenario of Object.values(SCENARIOS)) {
  const problems: string[] = [];
  for (let round = 0; round < rounds; round++) {
    problems.push(...(await killOnce(d1, scenario, round)));
  }
  for (const problem of problems) console.log(`  ${problem}`);
  verdict(`${rounds} kills of goblin ${scenario.line}`, problems.length === 0);
}
await d1.engine.dispose();
