/** `goblin dev` with wrangler files as users have them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRecord } from '../../src/local/record.ts';
import { dev, endAll, goblin } from './goblin.ts';

let root: string;
let state: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'goblin-dev-'));
  state = join(root, 'state');
});
afterEach(async () => {
  await endAll();
  rmSync(root, { recursive: true, force: true });
});

/** Words for a wrangler file with these KV bindings. */
function config(...bindings: string[]): string[] {
  const file = join(root, 'wrangler.toml');
  const tables = bindings.map((name) => `[[kv_namespaces]]\nbinding = "${name}"\n`);
  writeFileSync(file, `name = "w"\n${tables.join('')}`);
  return ['--config', file];
}

it.each([
  ['under another name', ['GOBLIN_CACHE'], []],
  ['that is chosen of several', ['ONE', 'OTHER'], ['--binding', 'OTHER']],
  ['that is chosen against the usual name', ['GOBLIN_KV', 'OTHER'], ['--binding', 'OTHER']],
  ['that the file does not bind', ['ONE'], ['--namespace-id', '0123456789abcdef0123456789abcdef']],
])('the edge works in the namespace in use, one %s', async (_, bindings, chosen) => {
  const words = [...config(...bindings), ...chosen];
  const { edgeUrl } = await dev(state, ...words);
  const switched = await goblin(state, 'flags', 'set', 'api_enabled', 'false', '--yes', ...words);
  expect(switched.code).toBe(0);
  // The first answer of a new edge has waited for its flags.
  expect((await fetch(`${edgeUrl}/models`)).status).toBe(503);
});

it('a file that does not say which namespace is refused before anything starts', async () => {
  const { code, stderr } = await goblin(state, 'dev', ...config('ONE', 'OTHER'));
  expect([code, stderr]).toEqual([2, expect.stringContaining('--binding')]);
});

it('a file without a namespace gets one of this machine, and its database is served', async () => {
  const file = join(root, 'wrangler.toml');
  const id = '5b2f1c1e-7a0e-4c5b-9e9a-0d1f00c0ffee';
  writeFileSync(file, `name = "w"\n[[d1_databases]]\nbinding = "DB"\ndatabase_id = "${id}"\n`);
  writeFileSync(join(root, '.dev.vars'), 'ADMIN_TOKEN=of-dev-vars\n');
  const { edgeUrl } = await dev(state, '--config', file);
  expect((await fetch(`${edgeUrl}/models`)).status).toBe(200);
  expect(readRecord(state)).toMatchObject({
    stateDir: state,
    edgeUrl,
    adminToken: 'of-dev-vars',
    serves: { kv: ['GOBLIN_KV'], d1: [id] },
  });
  // What the record says is enough to reach the edge and its admin routes.
  const shown = await goblin(state, 'config', 'show', '--json', '--config', file);
  expect(JSON.parse(shown.stdout)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ setting: 'edge', value: edgeUrl, origin: 'goblin dev' }),
      expect.objectContaining({ setting: 'admin token', origin: 'goblin dev' }),
    ]),
  );
});

it('an engine that lacks a new database serves the commands that do not need it', async () => {
  const words = config('GOBLIN_KV');
  await dev(state, ...words);
  const added = '[[d1_databases]]\nbinding = "MORE"\n';
  writeFileSync(join(root, 'wrangler.toml'), added, { flag: 'a' });
  expect((await goblin(state, 'kv', 'list', ...words)).code).toBe(0);
  const { code, stdout } = await goblin(state, 'doctor', '--json', ...words);
  const rows = JSON.parse(stdout) as { check: string; status: string; detail: string }[];
  expect(code).toBe(8);
  expect(rows.find(({ check }) => check === 'database')).toMatchObject({
    status: 'failed',
    detail: expect.stringContaining('does not serve the D1 database MORE'),
  });
});

it('runs the live Worker, with a secret of its own that local commands find', async () => {
  const words = config('GOBLIN_KV');
  await dev(state, ...words);
  expect(readRecord(state)?.adminToken).toMatch(/^[\w-]{32}$/);
  const said = await goblin(state, 'rooms', 'say', 'potions', 'Hello', '--json', ...words);
  expect([said.code, said.stderr]).toEqual([0, expect.anything()]);
  expect(JSON.parse(said.stdout)).toMatchObject({ room: 'potions', seq: 1 });
});

it('a file without a database gets one of this machine, which the edge and goblin use', async () => {
  const words = [...config('GOBLIN_KV'), '--database', 'DB'];
  const { edgeUrl } = await dev(state, ...words, '--var', 'ADMIN_TOKEN=secret');
  expect((await goblin(state, 'd1', 'migrate', '--yes', ...words)).code).toBe(0);
  const headers = { authorization: 'Bearer secret' };
  const body = JSON.stringify({ user_id: 'u_1' });
  const session = await fetch(`${edgeUrl}/_goblin/sessions`, { method: 'POST', headers, body });
  const { token } = (await session.json()) as { token: string };
  const set = await fetch(`${edgeUrl}/_goblin/preferences`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}` },
    body: '{"theme":"dark"}',
  });
  expect(set.status).toBe(200);
  const prefs = await goblin(state, 'prefs', 'get', 'u_1', '--json', ...words);
  expect(JSON.parse(prefs.stdout)).toMatchObject({ theme: 'dark' });
});
