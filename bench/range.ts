/**
 * The last hour of a week of 100,000 security events: goblin by blocks of time, wrangler by the whole list.
 * Both against the same API, 50 ms away. `npm run bench:range` takes some 5 minutes, most of them to put the
 * events in.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../src/local/engine.ts';
import { type Seed, seed } from '../test/seed.ts';
import { goblin, NAMESPACE, type Place, type Timed, wranglerKv } from './contenders.ts';
import { median, total, verdict } from './figures.ts';
import { latencyProxy } from './latency-proxy.ts';

const KEYS = 100_000;
const WEEK_MS = 604_800_000;
const HOUR_MS = 3_600_000;
const LATENCY_MS = 50;
const ROUNDS = 3;
/** The targets: of the requests of a full scan, and of wrangler's time. */
const MOST_LISTS = 0.03;
const LEAST_SPEEDUP = 10;

const folder = mkdtempSync(join(tmpdir(), 'goblin-bench-'));
const engine = await startEngine({
  stateDir: join(folder, 'remote'),
  namespaces: [{ id: NAMESPACE, title: 'bench' }],
});
const proxy = await latencyProxy(engine.apiUrl, LATENCY_MS);
const place: Place = { apiUrl: proxy.url, token: engine.token, folder };

try {
  const began = performance.now();
  await seed({ ...engine, namespace: NAMESPACE }, week(Date.now()));
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`${KEYS.toLocaleString('en-US')} security events over 7 days, put in ${seconds} s`);

  const hour = await measure(ROUNDS, () =>
    goblin(place, ['security', 'list', '--since', '1h', '-o', 'ndjson']),
  );
  tell('goblin security list --since 1h', hour);
  tell(
    'goblin security list -n 50',
    await measure(1, () => goblin(place, ['security', 'list', '-n', '50', '-o', 'ndjson'])),
  );
  const scan = await measure(1, () => goblin(place, ['security', 'list', '-o', 'ndjson']));
  tell('goblin security list', scan);
  const whole = await measure(ROUNDS, () =>
    wranglerKv(place, ['key', 'list', '--prefix', 'security:'], lastHour(Date.now() - HOUR_MS)),
  );
  tell('wrangler kv key list | filter', whole);

  const share = hour.lists / scan.lists;
  verdict(`lists: ${(100 * share).toFixed(1)}% of a full scan, at most 3%`, share <= MOST_LISTS);
  verdict(`other requests: ${hour.others}, none allowed`, hour.others === 0);
  const speedup = whole.ms / hour.ms;
  verdict(`${speedup.toFixed(1)} times as fast as wrangler, at least 10`, speedup >= LEAST_SPEEDUP);
} finally {
  await proxy.close();
  await engine.dispose();
  rmSync(folder, { recursive: true, force: true });
}

/** Events at random times of the week before `now`, with what the edge writes. */
function week(now: number): Seed[] {
  return Array.from({ length: KEYS }, (_, i) => {
    const timestamp = now - Math.floor(Math.random() * WEEK_MS);
    const ip = `203.0.${i % 113}.${i % 250}`;
    const fields = { event_type: 'rate_limited', reason: '100 requests in 60 s' };
    return {
      key: `security:${timestamp}:${ip}~${i.toString(36)}`,
      value: JSON.stringify({ timestamp, ip, ...fields }),
      metadata: fields,
      ttl: WEEK_MS / 1000,
    };
  });
}

/** What one would give to jq: the rows of a JSON list whose key is not older, a line each. */
function lastHour(since: number): string {
  return `let all = '';
    process.stdin.on('data', (chunk) => { all += chunk; }).on('end', () => {
      const rows = JSON.parse(all).filter(({ name }) => Number(name.split(':')[1]) >= ${since});
      process.stdout.write(rows.map((row) => JSON.stringify(row) + '\\n').join(''));
    });`;
}

interface Measured {
  ms: number;
  rows: number;
  lists: number;
  /** Requests that are no lists. */
  others: number;
}

/** The median of some rounds, and the most requests of any of them. */
async function measure(rounds: number, run: () => Promise<Timed>): Promise<Measured> {
  const all: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    proxy.takeCounts();
    const { ms, stdout } = await run();
    const { 'GET keys': lists = 0, ...others } = proxy.takeCounts();
    const other = total(others);
    all.push({ ms, rows: stdout.trim().split('\n').length, lists, others: other });
  }
  return {
    ms: median(all.map(({ ms }) => ms)),
    rows: all.at(-1)?.rows ?? 0,
    lists: Math.max(...all.map(({ lists }) => lists)),
    others: Math.max(...all.map(({ others }) => others)),
  };
}

function tell(name: string, { ms, rows, lists, others }: Measured): void {
  console.log(
    `${name.padEnd(34)} ${ms.toFixed(0).padStart(6)} ms  ${String(lists).padStart(4)} lists  ` +
      `${others} other requests  ${rows.toLocaleString('en-US')} rows`,
  );
}
