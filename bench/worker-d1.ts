/**
 * What D1 costs the edge Worker: the same code with and without a database, in one run, by turns. All requests are
 * counted as usage, and flushed while the race is on. `npm run bench:worker-d1 [-- <runs>]`.
 */
import { median, verdict } from './figures.ts';
import { helper, race, report } from './race.ts';

/** Share of the speed without D1 that is left with it, in the median of the runs. */
const TARGET = 0.9;
const RUNS = Number(process.argv[2] ?? 3);
const PROXIED = '/api/things/12?page=2';

const entry = '../worker/src/index.ts';
const CONTENDERS = { edge: { entry }, 'edge with D1': { entry, hasDatabase: true } };

const backend = await helper('backend.js');
try {
  const ratios: number[] = [];
  for (let run = 1; run <= RUNS; run++) {
    const results = await race(PROXIED, CONTENDERS, backend.port);
    ratios.push(report(`run ${run}: GET ${PROXIED}`, results));
  }
  const reached = median(ratios);
  verdict(
    `\nmedian of ${RUNS} runs: ${reached.toFixed(2)} of the Worker without D1, target ${TARGET}`,
    reached >= TARGET,
  );
} finally {
  backend.stop();
}
