/**
 * `kill -9` of the built command at every request of `flags set` through D1. GOBLIN_KILLS says how many times;
 * a few are enough to be killed once before and once after each request.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { remoteEnv } from '../run.ts';
import { startTables, type Tables } from '../tables/d1.ts';
import { DATABASE } from './d1.ts';
import { type Ended, endAll, run } from './goblin.ts';

const KILLS = Number(process.env.GOBLIN_KILLS ?? 6);
const GOBLIN = fileURLToPath(new URL('../../bin/goblin.js', import.meta.url));
/** Requests of `flags set`: it reads D1, writes D1, writes KV. */
const REQUESTS = 3;

let d1: Tables;
let proxy: Server;
/** Told the number of each request on its way to the engine, and again once it was carried out; whether it ends there. */
let onRequest = (_nth: number, _isDone: boolean): boolean => false;
let requests = 0;

beforeAll(async () => {
  d1 = await startTables('');
  proxy = createServer(async (incoming, outgoing) => {
    const nth = ++requests;
    const { method = 'GET', url, headers } = incoming;
    const body = await buffer(incoming);
    if (onRequest(nth, false)) return;
    const answer = await fetch(new URL(url ?? '', d1.engine.apiUrl), {
      method,
      headers: {
        authorization: `${headers.authorization}`,
        'content-type': `${headers['content-type']}`,
      },
      ...(method !== 'GET' && { body }),
    });
    const text = await answer.text();
    if (onRequest(nth, true)) return;
    outgoing.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await endAll();
  proxy.closeAllConnections();
  proxy.close();
  await d1.engine.dispose();
});

function start(line: string) {
  const { port } = proxy.address() as AddressInfo;
  const words = [
    '--namespace-id',
    d1.engine.namespace,
    '--database',
    DATABASE.id,
    ...line.split(' '),
  ];
  const child = run([process.execPath, GOBLIN, ...words], {
    ...remoteEnv(d1.engine),
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
    GOBLIN_ACTOR: 'operator',
  });
  child.stdin.end();
  return child;
}

async function killedAt(line: string, request: number, isDone: boolean): Promise<Ended> {
  requests = 0;
  const child = start(line);
  onRequest = (nth, done) => {
    const isHere = nth === request && done === isDone;
    return isHere && process.kill(child.pid, 'SIGKILL');
  };
  const ended = await child.ended;
  onRequest = () => false;
  return ended;
}

it(
  `flags set that is killed leaves a whole state, and the next run finishes, ${KILLS} times`,
  async () => {
    expect((await start('flags set a 0 --create').ended).code).toBe(0);
    for (let kill = 0; kill < KILLS; kill++) {
      const [request, isDone] = [(kill % REQUESTS) + 1, kill % (2 * REQUESTS) >= REQUESTS];
      const before = await versionOf('a');
      const value = String((kill % 99) + 1);
      expect((await killedAt(`flags set a ${value}`, request, isDone)).code).toBe('SIGKILL');
      const isWritten = request > 2 || (request === 2 && isDone);
      expect(await versionOf('a')).toBe(isWritten ? before + 1 : before);
      expect((await start('flags list').ended).code).toBe(0);
      expect((await start('flags drift').ended).code).toBe(0);
      expect((await start(`flags set a ${value}`).ended).code).toBe(0);
      expect(await versionOf('a')).toBe(before + 1);
    }
    const records = await d1.rows('SELECT version FROM feature_flag_changes ORDER BY version');
    expect(records.map(({ version }) => version)).toEqual(
      Array.from({ length: KILLS + 1 }, (_, i) => i + 1),
    );
  },
  60_000 + KILLS * 30_000,
);

async function versionOf(flag: string): Promise<number> {
  const [row] = await d1.rows('SELECT version FROM feature_flags WHERE flag_name = ?', [flag]);
  return Number(row?.version);
}
