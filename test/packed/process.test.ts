/** The installed package as a process among others: pipes, an editor, its user's home. */
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type MemoryApi, serveMemoryApi } from '../memory-server.ts';
import { emptyFolder, goblin, NAMESPACE, start, target } from './goblin.ts';

let api: MemoryApi;
beforeAll(async () => {
  api = await serveMemoryApi();
});
afterAll(() => api.close());
beforeEach(() => api.fill([['a', { value: 'one', expiration: 4_102_444_800 }]]));

const remote = (line: string) =>
  goblin(`${line} --namespace-id ${NAMESPACE}`, { env: target(api) });

it('opens the editor of its user, and writes back what was changed', async () => {
  const folder = emptyFolder();
  const editor = join(folder, 'editor.sh');
  writeFileSync(editor, '#!/bin/sh\nprintf changed > "$1"\n', { mode: 0o755 });
  const line = `kv edit a --namespace-id ${NAMESPACE}`;
  const { code } = await goblin(line, { env: { ...target(api), EDITOR: editor } });
  expect(code).toBe(0);
  expect((await remote('kv get a')).stdout).toBe('changed');
  expect(JSON.parse((await remote('kv get a --json')).stdout)).toMatchObject({
    expires_at: '2100-01-01T00:00:00.000Z',
  });
});

it('says what the local engine needs, where that is not installed', async () => {
  const { code, stdout, stderr } = await goblin('kv list --local --namespace-id abc');
  expect([code, stdout]).toEqual([4, '']);
  expect(stderr).toMatch(/miniflare/);
  expect(stderr).not.toContain('unexpected');
});

it('ends quietly where its reader leaves', async () => {
  api.fill(Array.from({ length: 20_000 }, (_, i) => [`row:${10_000 + i}`, { value: '' }] as const));
  const line = `kv list row: -o ndjson --namespace-id ${NAMESPACE}`;
  const child = start(line, { env: target(api) });
  const stderr = text(child.stderr);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await once(child, 'exit');
  expect([code, await stderr]).toEqual([0, '']);
  const pages = api.requests.filter((request) => request === 'GET keys').length;
  expect(pages).toBeLessThan(20);
});

it('writes nothing into the home of its user', async () => {
  const home = emptyFolder();
  await goblin(`kv get a --namespace-id ${NAMESPACE}`, { env: { ...target(api), HOME: home } });
  expect(readdirSync(home)).toEqual([]);
});
