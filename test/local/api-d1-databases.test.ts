import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../folder.ts';
import { DATABASE, type Reply, startD1, type TestDatabase } from './d1.ts';
import { failure } from './reply.ts';

interface Shown {
  uuid: string;
  name: string;
  num_tables: number;
  file_size: number;
}

const OTHER = { id: 'ARCHIVE', name: 'archive' };

const folder = useFolder();
let d1: TestDatabase;
const start = () =>
  startD1({ stateDir: join(folder, 'state'), databases: [DATABASE, OTHER], spareDatabases: 2 });
beforeAll(async () => {
  d1 = await start();
});
afterAll(async () => {
  await d1.engine.dispose();
});

const ok = async <T>(method: string, path: string, body?: unknown) => {
  const reply = (await (await d1.send(method, path, body)).json()) as Reply<T>;
  expect(reply.errors).toEqual([]);
  return reply;
};
const names = async (query = '') =>
  (await ok<Shown[]>('GET', query)).result.map(({ name }) => name);

describe('databases', () => {
  it('are listed a page at a time, and by a part of their name', async () => {
    expect(await names()).toEqual([DATABASE.name, OTHER.name]);
    expect(await names('?per_page=1&page=2')).toEqual([OTHER.name]);
    expect(await names('?per_page=10&page=2')).toEqual([]);
    expect(await names('?name=arch')).toEqual([OTHER.name]);
    expect(await ok('GET', '?per_page=1')).toMatchObject({
      result_info: { page: 1, per_page: 1, count: 1, total_count: 2 },
    });
    expect(await failure(await d1.send('GET', '?page=0'))).toMatchObject({ code: 7400 });
  });

  it('tell their size and number of tables, without those of the engine', async () => {
    await d1.query({
      sql: 'CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE _c (x)',
    });
    const { result } = await ok<Shown>('GET', `/${DATABASE.id}`);
    expect(result).toMatchObject({ uuid: DATABASE.id, name: DATABASE.name, version: 'production' });
    expect(result.num_tables).toBe(2);
    expect(result.file_size).toBeGreaterThan(4096);
    expect((await ok<Shown>('GET', `/${OTHER.name}?fields=uuid,name`)).result).toEqual({
      uuid: OTHER.id,
      name: OTHER.name,
    });
  });

  it('are created and deleted, and known to the next engine', async () => {
    const made = (await ok<Shown>('POST', '', { name: 'made' })).result;
    expect(made).toMatchObject({ name: 'made', num_tables: 0, created_at: expect.any(String) });
    expect(await failure(await d1.send('POST', '', { name: 'made' }))).toMatchObject({
      code: 7502,
    });
    const gone = (await ok<Shown>('POST', '', { name: 'gone' })).result;
    expect(await failure(await d1.send('POST', '', { name: 'third' }))).toMatchObject({
      code: 7406,
    });
    await ok('POST', `/${made.uuid}/query`, { sql: 'CREATE TABLE kept (a)' });
    await ok('DELETE', `/${gone.uuid}`);
    await d1.engine.dispose();
    d1 = await start();
    expect(await names()).toEqual([DATABASE.name, OTHER.name, 'made']);
    expect((await ok<Shown>('GET', `/${made.uuid}`)).result.num_tables).toBe(1);
    await ok('DELETE', '/made');
    expect(await names()).toEqual([DATABASE.name, OTHER.name]);
    expect((await ok<Shown>('POST', '', { name: 'made' })).result.uuid).not.toBe(made.uuid);
  });

  it('are emptied when they are deleted, whatever is in them', async () => {
    await ok('POST', `/${OTHER.id}/query`, {
      sql: `CREATE TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE child (id REFERENCES parent (id));
        INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1);
        CREATE VIEW both AS SELECT * FROM parent, child;
        CREATE VIRTUAL TABLE words USING fts5 (text);
        CREATE TRIGGER t AFTER DELETE ON parent BEGIN SELECT 1; END`,
    });
    await ok('DELETE', `/${OTHER.name}`);
    expect(await failure(await d1.send('GET', `/${OTHER.name}`))).toMatchObject({ code: 7404 });
    await d1.engine.dispose();
    d1 = await start();
    expect((await ok<Shown>('GET', `/${OTHER.name}`)).result.num_tables).toBe(0);
  });

  it('stand in the settings of the Worker, one without an id under its binding', async () => {
    const path = '/accounts/any/workers/scripts/w/settings';
    const { result } = (await (await d1.engine.api(path)).json()) as Reply<{ bindings: object[] }>;
    expect(result.bindings).toEqual(
      expect.arrayContaining([
        { type: 'd1', name: DATABASE.name, id: DATABASE.id },
        { type: 'd1', name: OTHER.id, id: OTHER.id },
      ]),
    );
  });

  it.each([undefined, 1, '', 'a b', 'x'.repeat(65), '../up'])('are not named %s', async (name) => {
    expect(await failure(await d1.send('POST', '', { name }))).toMatchObject({ code: 7400 });
  });
});
