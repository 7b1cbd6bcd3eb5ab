/**
 * What a command costs before it does anything: whole processes beside bare Node, by their CPU time, each in
 * an empty home, and none to warm up. `GOBLIN_NODES` names the Nodes to measure, with colons between them;
 * else it is the one that runs this. `npm run bench:startup`.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { serveMemoryApi } from '../test/memory-server.ts';
import { median, verdict } from './figures.ts';
import { cpuOf } from './processes.ts';

const GOBLIN = fileURLToPath(new URL('../bin/goblin.js', import.meta.url));
const NAMESPACE = '0123456789abcdef0123456789abcdef';
const ROUNDS = 21;

/** Command lines, and how many times the cost of bare Node each may have. */
const LINES: readonly { line: string; limit?: number }[] = [
  { line: 'kv get k', limit: 2.2 },
  { line: 'kv put k v' },
  { line: 'flags set new_ui_enabled true' },
  { line: 'flags list' },
];

const api = await serveMemoryApi();
const env = {
  CLOUDFLARE_API_BASE_URL: api.apiUrl,
  CLOUDFLARE_API_TOKEN: 'token',
  CLOUDFLARE_ACCOUNT_ID: NAMESPACE,
};

for (const node of process.env.GOBLIN_NODES?.split(':') ?? [process.execPath]) await measure(node);
await api.close();

/** Runs bare Node and every line in turn, so that what slows the machine slows all. */
async function measure(node: string): Promise<void> {
  const bare: number[] = [];
  const costs = LINES.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await cpuOf([node, '-e', '0'], env));
    for (const [i, { line }] of LINES.entries()) costs[i]?.push(await costOf(node, line));
  }
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`Node ${version}, bare: ${median(bare).toFixed(0)} ms of CPU`);
  for (const [i, { line, limit }] of LINES.entries())
    tell(line, costs[i] ?? [], median(bare), limit);
}

async function costOf(node: string, line: string): Promise<number> {
  api.fill([['k', { value: 'v' }]]);
  return cpuOf([node, GOBLIN, ...line.split(' '), '--namespace-id', NAMESPACE], env);
}

function tell(line: string, costs: readonly number[], bare: number, limit?: number): void {
  const times = (cost: number) => (cost / bare).toFixed(2);
  const [first = Number.NaN] = costs;
  const typical = median(costs);
  const figures = `${typical.toFixed(0)} ms, ${times(typical)} times bare (first run ${times(first)})`;
  if (limit === undefined) console.log(`  goblin ${line}: ${figures}`);
  else verdict(`  goblin ${line}: ${figures}, limit ${limit.toFixed(2)}`, typical <= limit * bare);
}
