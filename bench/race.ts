/**
 * Workers against each other in workerd, each in a process of its own and by turns; KV, D1 and the backend are
 * processes of their own, too.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorker } from '../scripts/build.js';
import { load } from './load.ts';
import { startWorkerd, type Workerd } from './workerd.ts';

const ROUNDS = 25;
const SLICE_MS = 800;
/** After each slice: what is still done behind its last responses belongs to it and slows no other. */
const REST_MS = 200;
/** Long enough for every address to have been here once. */
const WARM_UP_MS = 5000;
const CONNECTIONS = 16;

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export interface Contender {
  entry: string;
  /** Share of the requests that leave an event. */
  sample?: number;
  hasDatabase?: boolean;
}

interface Runner {
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

/** A helper process that tells its port. */
export async function helper(script: string) {
  const child = fork(at(script));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { port, stop: () => child.disconnect() };
}

/**
 * What each contender did, slice by slice in turns, the first one named being the yardstick.
 * @param path what everybody asks for
 */
export async function race(
  path: string,
  contenders: Record<string, Contender>,
  backendPort: number,
): Promise<Map<string, Result>> {
  const names = Object.keys(contenders);
  const results = new Map(names.map((name) => [name, { requests: 0, seconds: 0, cpu: 0 }]));
  const runners: Runner[] = [];
  try {
    for (const [name, contender] of Object.entries(contenders)) {
      runners.push(await start(name, contender, path, backendPort));
    }
    for (const { target } of runners) await load(target, CONNECTIONS, WARM_UP_MS);
    for (let round = 0; round < ROUNDS; round++) {
      for (const runner of runners) await slice(runner, results.get(runner.name));
    }
  } finally {
    for (const { workerd } of runners) await workerd.stop();
  }
  return results;
}

async function start(
  name: string,
  { entry, sample = 0, hasDatabase = false }: Contender,
  path: string,
  backendPort: number,
): Promise<Runner> {
  const kv = await helper('kv.js');
  const d1 = hasDatabase ? await helper('d1.js') : undefined;
  const workerd = await startWorkerd({
    script: await bundleWorker(at(entry)),
    vars: { API_URL: `http://127.0.0.1:${backendPort}`, ANALYTICS_SAMPLE: `${sample}` },
    kvPort: kv.port,
    d1Port: d1?.port,
  });
  const stop = async () => {
    await workerd.stop();
    kv.stop();
    d1?.stop();
  };
  const target = { host: '127.0.0.1', port: workerd.port, path };
  return { name, workerd: { ...workerd, stop }, target };
}

async function slice({ workerd, target }: Runner, result: Result | undefined): Promise<void> {
  if (!result) return;
  const before = workerd.cpu();
  const { requests, seconds } = await load(target, CONNECTIONS, SLICE_MS);
  await setTimeout(REST_MS);
  result.requests += requests;
  result.seconds += seconds;
  result.cpu += workerd.cpu() - before;
}

/** Prints a race. @returns the last contender's speed as a share of the first one's. */
export function report(title: string, results: Map<string, Result>): number {
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
