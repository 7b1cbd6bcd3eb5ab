/**
 * What usage costs in D1: the real Worker on virtual time and a real D1, whose `meta` says what it has written.
 * The rates are those of `bench:cost`; users come for a visit, ten at a time. `npm run bench:usage`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Statement } from '../src/tables/statement.ts';
import { countingKv } from './counting-kv.ts';
import { verdict } from './figures.ts';
import { arrive, type Handler, likeWorkerd, newIsolate } from './isolates.ts';
import { ordinaryRequest, random, TRAFFIC } from './traffic.ts';
import { startVirtualTime } from './virtual-time.ts';

const TARGET = 50;
const MINUTES = 20;
const VISITORS = 10;
const VISIT_MS = 5 * 60_000;
/** After the last request: every isolate's pause, and its flush. */
const END_MS = 60_000;

interface Result {
  results: Record<string, unknown>[];
  meta: { rows_written: number; rows_read: number };
}

const child = fork(fileURLToPath(new URL('real-d1.ts', import.meta.url)));
await once(child, 'message');
const open = new Map<number, (results: Result[]) => void>();
let ids = 0;
child.on('message', ({ id, results }: { id: number; results: Result[] }) => {
  open.get(id)?.(results);
  open.delete(id);
});

const START = Date.UTC(2027, 0, 1, 12);
const clock = startVirtualTime(START, async () => {
  while (open.size > 0) await new Promise((resolve) => setImmediate(resolve));
});
likeWorkerd();
const headers = { 'X-Goblin-Tokens': '100', 'X-Goblin-Cost': '0.002' };
globalThis.fetch = async () => Response.json({ ok: true }, { headers });

let simulated = START;
const kept = await simulate(
  `${VISITORS} users at a time, each for ${VISIT_MS / 60_000} minutes`,
  (client) => Math.floor(Date.now() / VISIT_MS) * VISITORS + (client % VISITORS),
);
await simulate(`${TRAFFIC.ordinaryAddresses} users at random`, (client) => client);
verdict(`At most ${TARGET} rows per 1,000 requests, users on visits`, kept <= TARGET);
child.disconnect();

/**
 * Lets traffic pass, and compares what D1 has with what was asked.
 * @param userOf which user a client is at present
 * @returns rows written per 1,000 requests
 */
async function simulate(name: string, userOf: (client: number) => number): Promise<number> {
  await batch([{ sql: 'DELETE FROM api_usage', params: [] }]);
  const written = { rows: 0, flushes: 0 };
  const { namespace } = countingKv();
  const env = { GOBLIN_KV: namespace, API_URL: 'https://backend.test', ANALYTICS_SAMPLE: 0 };
  const DB = {
    prepare: (sql: string) => ({ bind: (...params: Statement['params']) => ({ sql, params }) }),
    async batch(statements: Statement[]) {
      const results = await batch(statements);
      if (!statements[0]?.sql.startsWith('INSERT INTO api_usage')) return results;
      written.flushes++;
      written.rows += results[0]?.meta.rows_written ?? 0;
      return results;
    },
  };
  const isolates = await Promise.all(
    Array.from({ length: TRAFFIC.isolates }, () => newIsolate('../worker/src/index.ts')),
  );
  const chance = random(7);
  const end = simulated + MINUTES * 60_000;
  let requests = 0;
  arrive(TRAFFIC.requestsPerSecond, end, chance, async () => {
    const isolate = isolates[Math.floor(chance() * isolates.length)] as Handler;
    const asked = ordinaryRequest(chance, userOf);
    await logIn(namespace, asked.headers.get('Authorization'));
    requests++;
    const response = await isolate(asked, { ...env, DB }, { waitUntil: () => {} });
    if (!response.ok) throw new Error(`${asked.url} got ${response.status}`);
    await response.text();
  });
  await clock.runUntil(end + END_MS);
  simulated = end + END_MS;
  await check(requests);
  const rows = (written.rows / requests) * 1000;
  console.log(
    `${name}: ${requests} requests in ${MINUTES} minutes, ${written.flushes} flushes, ` +
      `${written.rows} rows written: ${rows.toFixed(1)} per 1,000 requests`,
  );
  return rows;
}

/** Whoever has no session yet gets one: it must be there before the request is. */
async function logIn(kv: ReturnType<typeof countingKv>['namespace'], bearer: string | null) {
  const token = bearer?.slice('Bearer '.length);
  const key = `session:${token}`;
  if (token === undefined || (await kv.get(key)) !== null) return;
  const now = Date.now();
  const session = { user_id: token.split('.')[0], expires_at: now + 864e5, last_activity: now };
  await kv.put(key, JSON.stringify(session), { expirationTtl: 86_400 });
}

/** Every request is in D1: none lost, none twice. */
async function check(requests: number): Promise<void> {
  const sql =
    'SELECT sum(requests) AS requests, count(DISTINCT endpoint) AS endpoints FROM api_usage';
  const [result] = await batch([{ sql, params: [] }]);
  const counted = result?.results[0]?.requests;
  if (counted !== requests) throw new Error(`D1 counts ${counted} of ${requests} requests`);
}

function batch(statements: Statement[]): Promise<Result[]> {
  return new Promise((resolve) => {
    const id = ids++;
    open.set(id, resolve);
    child.send({ id, batch: statements });
  });
}
