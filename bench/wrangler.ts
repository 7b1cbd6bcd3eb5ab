/**
 * What a command costs beside wrangler, against the same API and the same state: whole processes, by the
 * clock on the wall. Wrangler has to run on the Node that runs this. `npm run bench:wrangler`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEngine } from '../src/local/engine.ts';
import { median, verdict } from './figures.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GOBLIN = join(ROOT, 'bin/goblin.js');
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
const NAMESPACE = '0123456789abcdef0123456789abcdef';
const ROUNDS = 15;

interface Contender {
  name: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
}

const folder = mkdtempSync(join(tmpdir(), 'goblin-bench-'));
cpSync(join(ROOT, 'worker/wrangler.toml'), join(folder, 'wrangler.toml'));
const engine = await startEngine({
  stateDir: join(folder, 'remote'),
  namespaces: [{ id: NAMESPACE, title: 'bench' }],
});
const remote = {
  CLOUDFLARE_API_BASE_URL: engine.apiUrl,
  CLOUDFLARE_API_TOKEN: engine.token,
  CLOUDFLARE_ACCOUNT_ID: NAMESPACE,
};
const quiet = { WRANGLER_SEND_METRICS: 'false', CI: '1' };

const put: Contender = {
  name: 'put',
  args: [GOBLIN, 'kv', 'put', 'k', 'v', '--namespace-id', NAMESPACE],
  env: remote,
};
const get: Contender = {
  name: 'goblin kv get',
  args: [GOBLIN, 'kv', 'get', 'k', '--namespace-id', NAMESPACE],
  env: remote,
};
const flags: Contender = {
  name: 'goblin flags list',
  args: [GOBLIN, 'flags', 'list', '--namespace-id', NAMESPACE],
  env: remote,
};
const wranglerGet: Contender = {
  name: 'wrangler kv key get',
  args: [WRANGLER, 'kv', 'key', 'get', 'k', '--remote', '--namespace-id', NAMESPACE],
  env: { ...remote, ...quiet },
};
const local: Contender = {
  name: 'goblin flags list --local',
  args: [GOBLIN, 'flags', 'list', '--local'],
};
const wranglerLocal: Contender = {
  name: 'wrangler kv key list --local',
  args: [WRANGLER, 'kv', 'key', 'list', '--local', '--binding', 'GOBLIN_KV'],
  env: quiet,
};

try {
  runOnce(put);
  compare(get, wranglerGet, 1 / 6);
  compare(local, wranglerLocal, 1 / 2);
  const dev = spawn(process.execPath, [GOBLIN, 'dev', '--port', '0', '-o', 'ndjson'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(dev.stdout, 'data');
  compare({ ...local, name: `${local.name}, engine running` }, flags, 1.15);
  dev.kill('SIGINT');
  await once(dev, 'exit');
} finally {
  await engine.dispose();
  rmSync(folder, { recursive: true, force: true });
}

/** Runs two in turn, so that what slows the machine slows both, and prints medians and their ratio. */
function compare(a: Contender, b: Contender, limit: number): void {
  for (const contender of [a, b]) runOnce(contender);
  const times = Array.from({ length: ROUNDS }, () => [runOnce(a), runOnce(b)] as const);
  const [first, second] = [median(times.map(([ms]) => ms)), median(times.map(([, ms]) => ms))];
  const ratio = median(times.map(([x, y]) => x / y));
  const figures = `${a.name}: ${first.toFixed(0)} ms · ${b.name}: ${second.toFixed(0)} ms`;
  verdict(`${figures} · ratio ${ratio.toFixed(2)}, limit ${limit.toFixed(2)}`, ratio <= limit);
}

/** One whole process, in milliseconds. */
function runOnce({ name, args, env }: Contender): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...env },
  });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
  return performance.now() - began;
}
