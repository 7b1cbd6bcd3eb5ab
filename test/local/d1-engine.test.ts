/** D1 in an engine that keeps running, as `goblin dev` has it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../src/local/engine.ts';
import { serve } from '../../src/local/serve.ts';
import { useFolder } from '../folder.ts';
import { DATABASE } from './d1.ts';

const SCRIPT = `export default {
  async fetch(request, env) {
    const { results } = await env.MEMORY.prepare('INSERT INTO t VALUES (2) RETURNING a').all();
    return Response.json(results);
  },
}`;

let engine: Engine;
const folder = useFolder();
beforeAll(async () => {
  const script = join(folder, 'edge.js');
  await writeFile(script, SCRIPT);
  engine = await serve({
    stateDir: join(folder, 'state'),
    namespaces: [],
    databases: [DATABASE],
    edge: { name: 'edge', kv: {}, d1: { MEMORY: DATABASE.id }, script },
    signal: new AbortController().signal,
    onWait: () => {},
  });
});
afterAll(async () => {
  await engine.dispose();
});

async function post(path: string, body: unknown) {
  const reply = await fetch(`${engine.apiUrl}/accounts/any/d1/database${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${engine.token}` },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the test says what it expects
  return ((await reply.json()) as { result: any }).result;
}

it('is one database for the API and for the edge Worker, under any binding', async () => {
  await post(`/${DATABASE.id}/query`, { sql: 'CREATE TABLE t (a); INSERT INTO t VALUES (1)' });
  expect(await (await fetch(engine.edgeUrl ?? '')).json()).toEqual([{ a: 2 }]);
  const [{ results }] = await post(`/${DATABASE.id}/query`, { sql: 'SELECT a FROM t' });
  expect(results).toEqual([{ a: 1 }, { a: 2 }]);
});

it('can be created while the engine runs', async () => {
  const { uuid } = await post('', { name: 'new' });
  expect(await post(`/${uuid}/query`, { sql: 'SELECT 1 AS a' })).toMatchObject([
    { results: [{ a: 1 }] },
  ]);
});
