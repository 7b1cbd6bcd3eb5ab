/**
 * What the edge Worker costs beside one that only forwards and one written down simply, in workerd, all in
 * one run and by turns. `npm run bench:worker`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { Miniflare } from 'miniflare';
import { median } from './figures.ts';
import { load } from './load.ts';

const ROUNDS = 13;
const SLICE_MS = 400;
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
/**
 * Few in a race, so that turns come often and what disturbs the machine disturbs all alike; and a race is
 * over before the isolate asks KV again what becomes of its 3,000 clients, which here costs its own CPU.
 */
const RACES: [path: string, names: string[]][] = [
  [PROXIED, ['forward only', 'edge']],
  [CACHED, ['forward only', 'edge']],
  [PROXIED, ['forward only', 'simple']],
  [PROXIED, ['edge', 'edge, 1 % events', 'edge, all events']],
];

const backend = fork(at('backend.js'));
const [{ port }] = (await once(backend, 'message')) as [{ port: number }];
try {
  for (const [path, names] of RACES) print(path, await race(path, names));
} finally {
  backend.disconnect();
}

/** An engine for one race: a new isolate and an empty KV for each contender. */
function startEngine(names: string[]): Miniflare {
  const workers = names.map((name) => {
    const { entry = '', sample = 0 } = CONTENDERS[name] ?? {};
    return {
      name,
      modules: true,
      script: bundle(entry),
      compatibilityDate: '2026-04-26',
      kvNamespaces: { GOBLIN_KV: name },
      bindings: { API_URL: `http://127.0.0.1:${port}`, ANALYTICS_SAMPLE: sample },
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    };
  });
  return new Miniflare({ workers });
}

function bundle(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [at(entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

/** Requests per second of each contender: the median of its slices, which take turns. */
async function race(path: string, names: string[]): Promise<Map<string, number>> {
  const engine = startEngine(names);
  const slices = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, speeds] of slices) {
      const url = await engine.unsafeGetDirectURL(name);
      const target = { host: url.hostname, port: Number(url.port), path };
      const speed = await load(target, CONNECTIONS, round === 0 ? WARM_UP_MS : SLICE_MS);
      if (round > 0) speeds.push(speed);
      // What is still done behind its last responses is not to slow the next one.
      await setTimeout(200);
    }
  }
  await engine.dispose();
  return new Map([...slices].map(([name, speeds]) => [name, median(speeds)]));
}

function print(path: string, speeds: Map<string, number>): void {
  const [yardstick = 1] = speeds.values();
  process.stdout.write(`\nGET ${path}, ${CONNECTIONS} connections\n`);
  for (const [name, speed] of speeds) {
    const ratio = (speed / yardstick).toFixed(2);
    process.stdout.write(`  ${name.padEnd(22)}${speed.toFixed(0).padStart(7)} req/s  ${ratio}\n`);
  }
}
