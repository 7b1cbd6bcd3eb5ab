/**
 * What the edge Worker costs beside one that only forwards and one written simply. Everything an edge does is
 * in the race, its re-reads of KV included: a run is longer than the interval in which it asks KV again, and
 * every slice counts. `npm run bench:worker [-- <runs>]`.
 */
import { median, verdict } from './figures.ts';
import { type Contender, helper, race, report } from './race.ts';

/** Share of forwarding that the edge must reach, in the median of its runs. */
const TARGET = 0.85;
const RUNS = Number(process.argv[2] ?? 5);
const PROXIED = '/api/things?page=2';
const CACHED = '/models';

const CONTENDERS = {
  'forward only': { entry: 'worker/forward-only.ts' },
  simple: { entry: 'worker/simple.ts' },
  edge: { entry: '../worker/src/index.ts', sample: 0 },
  'edge, 1 % events': { entry: '../worker/src/index.ts', sample: 0.01 },
  'edge, all events': { entry: '../worker/src/index.ts', sample: 1 },
} as const;

const backend = await helper('backend.js');
const raceOf = (path: string, names: readonly (keyof typeof CONTENDERS)[]) => {
  const contenders = names.map((name): [string, Contender] => [name, CONTENDERS[name]]);
  return race(path, Object.fromEntries(contenders), backend.port);
};
try {
  const ratios: number[] = [];
  for (let run = 1; run <= RUNS; run++) {
    ratios.push(
      report(`run ${run}: GET ${PROXIED}`, await raceOf(PROXIED, ['forward only', 'edge'])),
    );
  }
  report(`GET ${CACHED}`, await raceOf(CACHED, ['forward only', 'edge']));
  report(`GET ${PROXIED}`, await raceOf(PROXIED, ['forward only', 'simple']));
  report(`GET ${PROXIED}`, await raceOf(PROXIED, ['edge', 'edge, 1 % events', 'edge, all events']));
  const reached = median(ratios);
  verdict(
    `\nmedian of ${RUNS} runs: ${reached.toFixed(2)} of forwarding, target ${TARGET}`,
    reached >= TARGET,
  );
} finally {
  backend.stop();
}
