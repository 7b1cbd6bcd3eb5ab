/**
 * The precise rate limit in workerd: what it costs a hot address beside a Worker that only forwards, and how
 * exact it is over four isolates. `npm run bench:limiter [-- <runs of the race>]`.
 */
import { setTimeout } from 'node:timers/promises';
import { askAll, burst, helper } from './bursts.ts';
import { median, verdict } from './figures.ts';
import { startLimiterEngine } from './limiter-engine.ts';
import { load } from './load.ts';

/** Share of forwarding that a hot address must reach, in the median of the runs. */
const TARGET = 0.8;
const CALLS_TARGET = 40;
const RUNS = Number(process.argv[2] ?? 3);
const ROUNDS = 10;
const SLICE_MS = 800;
/** After each slice: what is still done behind its last responses belongs to it. */
const REST_MS = 100;
const WARM_UP_MS = 2000;
const CONNECTIONS = 16;
/** Far more than the race makes. */
const NO_LIMIT = 1_000_000_000;
const ISOLATES = 4;
const EXACT_RUNS = 100;
const BURST = 400;
const ADDRESSES = 1000;
const EDGE = '../worker/src/index.ts';

const backend = await helper('backend.js');
const kv = await helper('kv.js');
try {
  await raceAll();
  await countCalls();
  for (const mode of ['leased', 'strict']) await checkExactness(mode);
  await manyAddresses();
} finally {
  backend.stop();
  kv.stop();
}

function start(
  entry: string,
  isolates: number,
  limit?: number,
  mode = 'leased',
  isLimiterBound = true,
) {
  const API_URL = `http://127.0.0.1:${backend.port}`;
  const vars = { API_URL, ANALYTICS_SAMPLE: '0', RATE_LIMIT_MODE: mode };
  const more = limit === undefined ? {} : { limit };
  return startLimiterEngine({ entry, isolates, vars, kvPort: kv.port, isLimiterBound, ...more });
}

/** One hot address, all of whose requests pass: each costs its token and the way to the backend. */
async function raceAll(): Promise<void> {
  const ratios: number[] = [];
  for (let run = 1; run <= RUNS; run++) ratios.push(await race(run));
  const reached = median(ratios);
  const text = `a hot address: median of ${RUNS} runs ${reached.toFixed(2)} of forwarding, target ${TARGET}`;
  verdict(text, reached >= TARGET);
}

async function race(run: number): Promise<number> {
  const contenders = [
    { name: 'forward only', engine: await start('worker/forward-only.ts', 1) },
    { name: 'through KV', engine: await start(EDGE, 1, NO_LIMIT, 'leased', false) },
    { name: 'strict', engine: await start(EDGE, 1, NO_LIMIT, 'strict') },
    { name: 'leased', engine: await start(EDGE, 1, NO_LIMIT) },
  ].map((each) => ({ ...each, requests: 0, seconds: 0 }));
  const slice = ({ engine }: (typeof contenders)[number], ms: number) => {
    const port = engine.ports[0] as number;
    const target = { host: '127.0.0.1', port, path: '/api/things?page=2', ip: '198.51.100.1' };
    return load(target, CONNECTIONS, ms);
  };
  try {
    for (const contender of contenders) await slice(contender, WARM_UP_MS);
    for (let round = 0; round < ROUNDS; round++) {
      for (const contender of contenders) {
        const { requests, seconds } = await slice(contender, SLICE_MS);
        contender.requests += requests;
        contender.seconds += seconds;
        await setTimeout(REST_MS);
      }
    }
  } finally {
    for (const { engine } of contenders) await engine.stop();
  }
  const speeds = contenders.map(({ requests, seconds }) => requests / seconds);
  const ratios = speeds.map((speed) => speed / (speeds[0] ?? 1));
  const shown = contenders.map(
    ({ name }, i) => `${name} ${speeds[i]?.toFixed(0)} req/s (${ratios[i]?.toFixed(2)})`,
  );
  console.log(`run ${run}: ${shown.join(', ')}`);
  return ratios.at(-1) ?? Number.NaN;
}

/** What 100 requests of one address cost, all of which pass. */
async function countCalls(): Promise<void> {
  let most = 0;
  for (const isolates of [1, ISOLATES]) {
    const engine = await start(EDGE, isolates);
    const counts: number[] = [];
    for (let run = 1; run <= 20; run++) {
      const before = await engine.calls();
      await burst(engine.ports, 100, `198.51.${isolates}.${run}`, 4);
      counts.push((await engine.calls()) - before);
    }
    // Whatever is idle after that is given back: that is a call, too.
    const atOnce = await engine.calls();
    await setTimeout(2500);
    const givenBack = ((await engine.calls()) - atOnce) / counts.length;
    await engine.stop();
    most = Math.max(most, median(counts) + givenBack);
    console.log(
      `calls for 100 requests over ${isolates} isolates: median ${median(counts)}, ` +
        `${Math.min(...counts)} to ${Math.max(...counts)}, and ${givenBack.toFixed(1)} to give back`,
    );
  }
  verdict(`at most ${CALLS_TARGET} calls for 100 requests`, most <= CALLS_TARGET);
}

async function checkExactness(mode: string): Promise<void> {
  const engine = await start(EDGE, ISOLATES, undefined, mode);
  const passed: number[] = [];
  for (let run = 1; run <= EXACT_RUNS; run++) {
    const statuses = await burst(engine.ports, BURST, `203.0.113.${run}`, 32);
    passed.push(statuses.filter((status) => status === 200).length);
  }
  await engine.stop();
  const spread = `${Math.min(...passed)} to ${Math.max(...passed)}`;
  console.log(
    `${mode}, ${EXACT_RUNS} runs of ${BURST} requests over ${ISOLATES} isolates: ${spread} let through`,
  );
  if (mode === 'strict') verdict('strict: exactly 100, every time', spread === '100 to 100');
  else verdict('never more than 100', Math.max(...passed) <= 100);
}

async function manyAddresses(): Promise<void> {
  const engine = await start(EDGE, ISOLATES);
  const addresses = Array.from({ length: ADDRESSES }, (_, i) => `192.0.${i >> 8}.${i & 255}`);
  const began = performance.now();
  const statuses = await askAll(engine.ports, addresses, 64);
  const ms = performance.now() - began;
  await engine.stop();
  const failed = statuses.filter((status) => status !== 200).length;
  console.log(
    `${ADDRESSES} addresses at once: ${failed} failed, all answered in ${ms.toFixed(0)} ms`,
  );
  verdict('no request fails', failed === 0);
}
