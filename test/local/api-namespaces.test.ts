/** Namespaces made over the API: there at once, known to later engines, gone with their data. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Registry } from '../../src/local/api/registry.ts';
import { attachOrStart } from '../../src/local/attach.ts';
import { engineFolder } from '../../src/local/record.ts';
import { servedBy, storedResources } from '../../src/local/registry.ts';
import { serve } from '../../src/local/serve.ts';
import { NAMESPACES, startTestEngine, type TestEngine, useEngine } from '../engine.ts';
import { failure } from './reply.ts';

interface Shown {
  id: string;
  title: string;
}

const root = await mkdtemp(join(tmpdir(), 'goblin-namespaces-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const BASE = '/accounts/any/storage/kv/namespaces';
const [BOUND] = NAMESPACES;

const engine = useEngine({});

type Api = TestEngine['api'];

const send = (method: string, path: string, title?: unknown, api: Api = engine.api) =>
  api(BASE + path, {
    method,
    ...(title !== undefined && { body: JSON.stringify({ title }) }),
  });
const result = async (reply: Response) => ((await reply.json()) as { result: unknown }).result;
const create = async (title: string, api?: Api) =>
  (await result(await send('POST', '', title, api))) as Shown;
const list = async (api: Api = engine.api) =>
  (await result(await api(`${BASE}?per_page=100`))) as Shown[];

describe('a namespace made over the API', () => {
  it('has an id of Cloudflare’s form and is listed and shown', async () => {
    const made = await create('listed');
    expect(made).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      title: 'listed',
      supports_url_encoding: true,
    });
    expect(await list()).toContainEqual(made);
    expect(await result(await engine.api(`${BASE}/${made.id}`))).toEqual(made);
  });

  it('takes values at once, by every route, apart from the others', async () => {
    const { id } = await create('values');
    const at = `${BASE}/${id}`;
    await engine.api(`${at}/values/a`, { method: 'PUT', body: 'one' });
    const pairs = JSON.stringify([{ key: 'b', value: 'two', metadata: { n: 2 } }]);
    expect((await engine.api(`${at}/bulk`, { method: 'PUT', body: pairs })).status).toBe(200);
    expect(await (await engine.api(`${at}/values/a`)).text()).toBe('one');
    expect(await result(await engine.api(`${at}/metadata/b`))).toEqual({ n: 2 });
    expect(await result(await engine.api(`${at}/keys`))).toMatchObject([
      { name: 'a' },
      { name: 'b' },
    ]);
    expect((await engine.kv('/values/a')).status).toBe(404);
  });

  it('can be renamed, and its old title given to another', async () => {
    const { id } = await create('before');
    const renamed = { id, title: 'after', supports_url_encoding: true };
    expect(await result(await send('PUT', `/${id}`, 'after'))).toEqual(renamed);
    expect(await result(await send('PUT', `/${id}`, 'after'))).toEqual(renamed);
    expect(await list()).toContainEqual(renamed);
    expect((await create('before')).id).not.toBe(id);
  });

  it('is deleted with its data, more than one page of it', async () => {
    const { id } = await create('doomed');
    const pairs = Array.from({ length: 1100 }, (_, n) => ({ key: `k${n}`, value: 'v' }));
    await engine.api(`${BASE}/${id}/bulk`, { method: 'PUT', body: JSON.stringify(pairs) });
    const reply = await send('DELETE', `/${id}`);
    expect(await reply.json()).toEqual({ result: null, success: true, errors: [], messages: [] });
    for (const path of ['', '/keys', '/values/k1']) {
      const refused = await failure(await engine.api(`${BASE}/${id}${path}`));
      expect(refused).toMatchObject({ status: 404, code: 10013 });
    }
    expect((await list()).map((each) => each.id)).not.toContain(id);
  });
});

describe('what is refused', () => {
  it.each(['', ' ', undefined, 7, null])('a title of %j: 10019', async (title) => {
    const { id } = BOUND;
    const body = JSON.stringify({ title });
    for (const [method, path] of [
      ['POST', ''],
      ['PUT', `/${id}`],
    ] as const) {
      const reply = await failure(await engine.api(BASE + path, { method, body }));
      expect(reply).toMatchObject({ status: 400, code: 10019 });
    }
  });

  it('a title that exists, be it bound or made: 10014', async () => {
    const { id } = await create('taken');
    const taken = { status: 400, code: 10014 };
    expect(await failure(await send('POST', '', 'taken'))).toMatchObject(taken);
    expect(await failure(await send('POST', '', BOUND.title))).toMatchObject(taken);
    expect(await failure(await send('PUT', `/${id}`, BOUND.title))).toMatchObject(taken);
  });

  it('one of two that ask for one title at the same time', async () => {
    const replies = await Promise.all([send('POST', '', 'twin'), send('POST', '', 'twin')]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect((await list()).filter(({ title }) => title === 'twin')).toHaveLength(1);
  });

  it('a namespace that is not there: 10013', async () => {
    const missing = `/${'f'.repeat(32)}`;
    const notFound = { status: 404, code: 10013 };
    expect(await failure(await send('PUT', missing, 'x'))).toMatchObject(notFound);
    expect(await failure(await send('DELETE', missing))).toMatchObject(notFound);
  });

  it('an id that no namespace has taken yet', async () => {
    const stateDir = join(root, 'spare', 'state');
    const bound = NAMESPACES.map(({ id, title: name }) => ({ id, name }));
    const served = servedBy(stateDir, 'kv', bound);
    const registry = new Registry('kv', served, async () => {});
    expect(served.ids.length).toBeGreaterThan(NAMESPACES.length);
    expect(registry.all()).toEqual(bound);
    await expect(registry.remove(served.ids.at(-1) as string)).rejects.toMatchObject({
      reason: 'not_found',
    });
  });

  it('to delete what the wrangler file binds', async () => {
    await engine.kv('/values/kept', { method: 'PUT', body: 'v' });
    const { status, message } = await failure(await send('DELETE', `/${BOUND.id}`));
    expect(status).toBe(400);
    expect(message).toContain('the wrangler file binds it');
    expect(await (await engine.kv('/values/kept')).text()).toBe('v');
  });

  it('more new ones than an engine has room for', async () => {
    const served = servedBy(join(root, 'full', 'state'), 'kv', []);
    const registry = new Registry('kv', served, async () => {});
    for (const title of served.ids) await registry.create(title);
    await expect(registry.create('one more')).rejects.toMatchObject({ reason: 'no_room' });
  });

  it('what cannot be remembered: it is not there afterwards', async () => {
    const served = servedBy(join(root, 'unwritable', 'state'), 'kv', []);
    const registry = new Registry('kv', served, async () => {
      throw new Error('disk full');
    });
    await expect(registry.create('lost')).rejects.toThrow('disk full');
    expect(registry.all()).toEqual([]);
  });

  it('a body that is no JSON, and a title that is too long', async () => {
    const reply = await failure(await engine.api(BASE, { method: 'POST', body: '{' }));
    expect(reply).toMatchObject({ status: 400, code: 10012 });
    expect(await failure(await send('POST', '', 'x'.repeat(513)))).toMatchObject({ status: 400 });
  });
});

it('later engines know the namespaces that an earlier one made, with their data', async () => {
  const stateDir = join(root, 'restart', 'state');
  const first = await startTestEngine({ stateDir });
  const { id } = await create('stays', first.api);
  await first.api(`${BASE}/${id}/values/k`, { method: 'PUT', body: 'kept' });
  await send('PUT', `/${BOUND.id}`, 'another title', first.api);
  await first.dispose();
  const second = await startTestEngine({ stateDir });
  const titles = (await list(second.api)).map(({ title }) => title);
  expect(titles.sort()).toEqual(['another title', 'spare', 'stays']);
  expect(await (await second.api(`${BASE}/${id}/values/k`)).text()).toBe('kept');
  await second.dispose();
});

it('nothing of a deleted namespace is left for a later engine that binds its id', async () => {
  const stateDir = join(root, 'deleted', 'state');
  const first = await startTestEngine({ stateDir });
  const made = await create('gone', first.api);
  await first.api(`${BASE}/${made.id}/values/k`, { method: 'PUT', body: 'v' });
  expect((await send('DELETE', `/${made.id}`, undefined, first.api)).status).toBe(200);
  await first.dispose();
  const second = await startTestEngine({ stateDir, namespaces: [made] });
  expect(await result(await second.kv('/keys'))).toEqual([]);
  await second.dispose();
});

it('a command can use a namespace that the running engine made', async () => {
  const options = { stateDir: join(root, 'attached', 'state'), namespaces: NAMESPACES };
  const running = await serve(options);
  const headers = { authorization: `Bearer ${running.token}` };
  const api: Api = (path, init = {}) => fetch(running.apiUrl + path, { ...init, headers });
  const made = await create('for a command', api);
  const command = await attachOrStart({ ...options, namespaces: [made] });
  expect(command.attached).toBe(true);
  command.assertServes('kv', made.id);
  expect(() => command.assertServes('kv', 'f'.repeat(32))).toThrow(
    expect.objectContaining({ code: 'engine_outdated' }),
  );
  await running.dispose();
});

it('an engine does not start on a list of namespaces that it would overwrite', () => {
  const stateDir = join(root, 'broken', 'state');
  mkdirSync(engineFolder(stateDir), { recursive: true });
  writeFileSync(join(engineFolder(stateDir), 'namespaces.json'), '[{"id":7}]');
  expect(() => storedResources(stateDir, 'kv')).toThrow('it is not a list of namespaces');
  expect(() => servedBy(stateDir, 'kv', [])).toThrow('it is not a list of namespaces');
});

describe('what clients ask for beside namespaces', () => {
  it.each([
    ['/user', { email: expect.stringContaining('@') }],
    ['/accounts/any', { name: 'local' }],
    [
      '/accounts/any/workers/scripts/goblin-edge/settings',
      { bindings: expect.arrayContaining([expect.objectContaining({ namespace_id: BOUND.id })]) },
    ],
  ])('%s', async (path, shown) => {
    expect(await result(await engine.api(path))).toMatchObject(shown);
  });
});
