/**
 * Purging 10,000 cached responses: goblin in one command, wrangler by a list and a bulk delete. Both against
 * the same API, 50 ms away; and what each says where the API did not delete all. `npm run bench:purge`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MemoryRecord, serveMemoryApi } from '../test/memory-server.ts';
import { goblin, outcome, type Place, wranglerKv } from './contenders.ts';
import { median, total, verdict } from './figures.ts';
import { latencyProxy } from './latency-proxy.ts';

const KEYS = 10_000;
const LATENCY_MS = 50;
const ROUNDS = 3;
/** The targets. */
const MOST_REQUESTS = 12;
const LEAST_SPEEDUP = 3;

const folder = mkdtempSync(join(tmpdir(), 'goblin-bench-'));
const api = await serveMemoryApi();
const proxy = await latencyProxy(api.apiUrl, LATENCY_MS);
const place: Place = { apiUrl: proxy.url, token: 'bench', folder };
const keysFile = join(folder, 'keys.json');

try {
  const ours = await measure(() =>
    goblin(place, ['cache', 'purge', '--all', '--yes', '-o', 'ndjson']),
  );
  tell('goblin cache purge --all --yes', ours);
  const theirs = await measure(listAndDelete);
  tell('wrangler kv key list, bulk delete', theirs);

  verdict(`${ours.requests} requests, at most ${MOST_REQUESTS}`, ours.requests <= MOST_REQUESTS);
  const speedup = theirs.ms / ours.ms;
  verdict(
    `${speedup.toFixed(1)} times as fast as wrangler, at least ${LEAST_SPEEDUP}`,
    speedup >= LEAST_SPEEDUP,
  );
  await partialFailure();
} finally {
  await proxy.close();
  await api.close();
  rmSync(folder, { recursive: true, force: true });
}

/** What wrangler's own words make of it: keys listed into a file, the file's keys deleted. */
async function listAndDelete(): Promise<{ ms: number }> {
  const names = `let all = '';
    process.stdin.on('data', (chunk) => { all += chunk; }).on('end', () =>
      process.stdout.write(JSON.stringify(JSON.parse(all).map(({ name }) => name))));`;
  const listed = await wranglerKv(place, ['key', 'list', '--prefix', 'cache:'], names);
  writeFileSync(keysFile, listed.stdout);
  const deleted = await wranglerKv(place, ['bulk', 'delete', keysFile, '--force']);
  return { ms: listed.ms + deleted.ms };
}

function* responses(): Generator<[string, MemoryRecord]> {
  const expiration = Math.floor(Date.now() / 1000) + 3600;
  for (let page = 0; page < KEYS; page++) {
    const metadata = { status: 200, content_type: 'application/json', size: 2 };
    yield [`cache:/models?page=${page}`, { value: '{}', metadata, expiration }];
  }
}

interface Measured {
  ms: number;
  requests: number;
}

/** The median of some rounds, each on a full cache that has to be empty at its end. */
async function measure(run: () => Promise<{ ms: number }>): Promise<Measured> {
  const rounds: Measured[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    api.fill(responses());
    proxy.takeCounts();
    const { ms } = await run();
    if (api.size() > 0) throw new Error(`${api.size()} keys are left`);
    const requests = total(proxy.takeCounts());
    rounds.push({ ms, requests });
  }
  const requests = Math.max(...rounds.map((round) => round.requests));
  return { ms: median(rounds.map(({ ms }) => ms)), requests };
}

/** The API deletes all but three keys, names them, and answers with success as it does. */
async function partialFailure(): Promise<void> {
  for (const page of [7, 77, 777]) api.stubborn.add(`cache:/models?page=${page}`);
  api.fill(responses());
  const ours = await outcome(() => goblin(place, ['cache', 'purge', '--all', '--yes']));
  api.fill(responses());
  const theirs = await outcome(listAndDelete);
  console.log(`3 keys not deleted: goblin ends with ${ours}, wrangler with ${theirs}`);
  verdict('goblin tells it, by exit code 5', ours === 5);
}

function tell(name: string, { ms, requests }: Measured): void {
  console.log(`${name.padEnd(34)} ${ms.toFixed(0).padStart(6)} ms  ${requests} requests`);
}
