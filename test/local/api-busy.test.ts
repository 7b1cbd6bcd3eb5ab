/** What else an engine does while it works on a bulk request, and right after. */
import { Agent, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { cases } from '../cases.ts';
import { useEngine } from '../engine.ts';

const engine = useEngine();

/** Only a limit for what hangs: so many writes are so many files. */
const SLOW = { timeout: 600_000 };
const pairs = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `${prefix}:${index}`, value: 'v' }));
const bulk = (method: string, path: string, body: unknown) =>
  engine.kv(path, { method, body: JSON.stringify(body) });

/** Reads until the work is done. @returns how many reads began and ended while it was under way */
async function readsDuring(work: Promise<unknown>): Promise<number> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  for (let reads = 0; ; reads++) {
    await (await engine.kv('/values/absent')).arrayBuffer();
    if (done) {
      await ended;
      return reads;
    }
  }
}

describe('a read', () => {
  it('is answered while a bulk put and a bulk delete are under way', SLOW, async () => {
    const put = pairs('busy', 2000);
    expect(await readsDuring(bulk('PUT', '/bulk', put))).toBeGreaterThan(10);
    const keys = put.map(({ key }) => key);
    expect(await readsDuring(bulk('POST', '/bulk/delete', keys))).toBeGreaterThan(10);
  });
});

it('the connection of a bulk request takes the next request, each time', SLOW, async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<unknown>();
  const send = (method: string, path: string, body = '') =>
    new Promise<number | undefined>((resolve, reject) => {
      const url = `${engine.apiUrl}/accounts/a/storage/kv/namespaces/${engine.namespace}${path}`;
      const headers = { authorization: `Bearer ${engine.token}` };
      const sent = request(url, { method, agent, headers }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode));
      });
      sent.once('socket', (socket) => sockets.add(socket)).once('error', reject);
      sent.end(body);
    });
  const body = JSON.stringify(pairs('next', 10_000));
  for (let round = 0; round < cases(1, 3); round++) {
    expect(await send('PUT', '/bulk', body)).toBe(200);
    expect(await send('GET', '/values/next:1')).toBe(200);
  }
  expect(sockets.size).toBe(1);
  agent.destroy();
});
