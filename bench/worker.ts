/**
 * What the edge Worker costs beside one that only forwards and one written simply, in workerd, each in a
 * process of its own and by turns; KV and backend are processes of their own, too. Everything an edge does is
 * in the race, its re-reads of KV included: a run is longer than the interval in which it asks KV again, and
 * every slice counts. `npm run bench:worker [-- <runs>]`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorker } from '../scripts/build.js';
import { median, verdict } from './figures.ts';
import { load } from './load.ts';
import { startWorkerd, type Workerd } from './workerd.ts';

/** Share of forwarding that the edge must reach, in the median of its runs. */
const TARGET = 0.85;
const RUNS = Number(process.argv[2] ?? 5);
const ROUNDS = 25;
const SLICE_MS = 800;
/** After each slice: what is still done behind its last responses belongs to it and slows no other. */
const REST_MS = 200;
/** Long enough for every address to have been here once. */
const WARM_UP_MS = 5000;
const CONNECTIONS = 16;
const PROXIED = '/api/things?page=2';
const CACHED = '/models';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Contenders by name: entry, and the share of requests that leave an event. */
const CONTENDERS: Record<string, { entry: string; sample?: number }> = {
  'forward only': { entry: 'worker/forward-only.ts' },
  simple: { entry: 'worker/simple.ts' },
  edge: { entry: '../worker/src/index.ts', sample: 0 },
  'edge, 1 % events': { entry: '../worker/src/index.ts', sample: 0.01 },
  'edge, all events': { entry: '../worker/src/index.ts', sample: 1 },
};

interface Contender {
  name: string;
  workerd: Workerd;
  target: { host: string; port: number; path: string };
}

/** What a contender did in all its slices. */
interface Result {
  requests: number;
  seconds: number;
  cpu: number;
}

const backend = await helper('backend.js');
try {
  const ratios: number[] = [];
  for (let run = 1; run <= RUNS; run++) {
    ratios.push(
      report(`run ${run}: GET ${PROXIED}`, await race(PROXIED, ['forward only', 'edge'])),
    );
  }
  report(`GET ${CACHED}`, await race(CACHED, ['forward only', 'edge']));
  report(`GET ${PROXIED}`, await race(PROXIED, ['forward only', 'simple']));
  const all = ['edge', 'edge, 1 % events', 'edge, all events'];
  report(`GET ${PROXIED}`, await race(PROXIED, all));
  const reached = median(ratios);
  verdict(
    `\nmedian of ${RUNS} runs: ${reached.toFixed(2)} of forwarding, target ${TARGET}`,
    reached >= TARGET,
  );
} finally {
  backend.stop();
}

/** A helper process that tells its port. */
async function helper(script: string) {
  const child = fork(at(script));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { port, stop: () => child.disconnect() };
}

async function start(name: string, path: string): Promise<Contender> {
  const { entry = '', sample = 0 } = CONTENDERS[name] ?? {};
  const kv = await helper('kv.js');
  const workerd = await startWorkerd({
    script: await bundleWorker(at(entry)),
    vars: { API_URL: `http://127.0.0.1:${backend.port}`, ANALYTICS_SAMPLE: `${sample}` },
    kvPort: kv.port,
  });
  const stop = async () => {
    await workerd.stop();
    kv.stop();
  };
  const target = { host: '127.0.0.1', port: workerd.port, path };
  return { name, workerd: { ...workerd, stop }, target };
}

/** What each contender did, slice by slice in turns. */
async function race(path: string, names: string[]): Promise<Map<string, Result>> {
  const results = new Map(names.map((name) => [name, { requests: 0, seconds: 0, cpu: 0 }]));
  const contenders: Contender[] = [];
  try {
    for (const name of names) contenders.push(await start(name, path));
    for (const { target } of contenders) await load(target, CONNECTIONS, WARM_UP_MS);
    for (let round = 0; round < ROUNDS; round++) {
      for (const contender of contenders) await slice(contender, results.get(contender.name));
    }
  } finally {
    for (const { workerd } of contenders) await workerd.stop();
  }
  return results;
}

async function slice({ workerd, target }: Contender, result: Result | undefined): Promise<void> {
  if (!result) return;
  const before = workerd.cpu();
  const { requests, seconds } = await load(target, CONNECTIONS, SLICE_MS);
  await setTimeout(REST_MS);
  result.requests += requests;
  result.seconds += seconds;
  result.cpu += workerd.cpu() - before;
}

/** Prints a race. @returns the last contender's speed as a share of the first one's. */
function report(title: string, results: Map<string, Result>): number {
  process.stdout.write(`\n${title}, ${CONNECTIONS} connections\n`);
  const speedOf = ({ requests, seconds }: Result) => requests / seconds;
  const cpuOf = ({ requests, cpu }: Result) => (cpu * 1000) / requests;
  const [first] = results.values();
  let ratio = Number.NaN;
  for (const [name, result] of results) {
    if (!first) break;
    ratio = speedOf(result) / speedOf(first);
    process.stdout.write(
      `  ${name.padEnd(18)}${speedOf(result).toFixed(0).padStart(7)} req/s  ${ratio.toFixed(2)}` +
        `${cpuOf(result).toFixed(0).padStart(8)} µs CPU  ${(cpuOf(result) / cpuOf(first)).toFixed(2)}\n`,
    );
  }
  return ratio;
}
