import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DATABASE, type Reply, useD1 } from './d1.ts';
import { failure } from './reply.ts';

const d1 = useD1({ databases: [DATABASE, { id: 'COPY', name: 'copy' }] });

interface Step {
  success: boolean;
  status?: string;
  error?: string;
  filename: string;
  upload_url: string;
  at_bookmark: string;
  result: { num_queries: number; meta: Record<string, unknown>; signed_url: string };
}

const step = async (id: string, path: string, body: unknown) => {
  const reply = (await (await d1.send('POST', `/${id}/${path}`, body)).json()) as Reply<Step>;
  expect(reply.errors).toEqual([]);
  return reply.result;
};
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

async function upload(id: string, sql: string): Promise<{ filename: string; etag: string }> {
  const etag = md5(sql);
  const { upload_url, filename } = await step(id, 'import', { action: 'init', etag });
  const put = await fetch(upload_url, { method: 'PUT', body: sql });
  expect([put.status, put.headers.get('etag')]).toEqual([200, `"${etag}"`]);
  return { filename, etag };
}

const importInto = async (id: string, sql: string) =>
  step(id, 'import', { action: 'ingest', ...(await upload(id, sql)) });

async function dump(id: string, dump_options = {}): Promise<string> {
  const { status, result } = await step(id, 'export', { output_format: 'polling', dump_options });
  expect(status).toBe('complete');
  return (await fetch(result.signed_url)).text();
}

const SQL = `CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, v);
CREATE TABLE child (k TEXT PRIMARY KEY, p REFERENCES parent (id), g AS (k || '!') STORED) WITHOUT ROWID;
CREATE TABLE "odd ""name" ("a b", [c]);
CREATE INDEX by_v ON parent (v);
CREATE VIEW seen AS SELECT v FROM parent;
CREATE TRIGGER tick AFTER UPDATE ON parent BEGIN UPDATE parent SET v = 1; END;
INSERT INTO parent (id, v) VALUES (7, 'line
end \\n; it''s'), (8, 9007199254740993), (9, 0.1), (10, x'00ff'), (11, NULL), (12, 'a' || char(0) || 'b');
DELETE FROM parent WHERE id = 12 AND 0; INSERT INTO parent (id) VALUES (40); DELETE FROM parent WHERE id = 40;
INSERT INTO child (k, p) VALUES ('é', 7);
INSERT INTO "odd ""name" VALUES (1, 2);
`;

describe('import', () => {
  it('runs the file as one transaction and tells what it cost', async () => {
    const done = await importInto(
      'COPY',
      'CREATE TABLE a (v); INSERT INTO a VALUES (1), (2); DROP TABLE a',
    );
    expect(done).toMatchObject({
      success: true,
      status: 'complete',
      result: { num_queries: 3, final_bookmark: done.at_bookmark },
    });
    expect(done.result.meta.rows_written).toBeGreaterThanOrEqual(2);
    const polled = await step('COPY', 'import', {
      action: 'poll',
      current_bookmark: done.at_bookmark,
    });
    expect(polled).toEqual(done);
  });

  it('leaves all as it was where a statement fails', async () => {
    const failed = await importInto('COPY', 'CREATE TABLE half (v); INSERT INTO nope VALUES (1)');
    expect(failed).toMatchObject({ success: false, status: 'error' });
    expect(failed.error).toContain('no such table: nope');
    expect(await dump('COPY')).not.toContain('half');
  });

  it('takes no file that was not uploaded, or not whole', async () => {
    const { filename } = await upload('COPY', 'SELECT 1');
    for (const body of [
      { action: 'ingest', filename, etag: md5('SELECT 2') },
      { action: 'ingest', filename: 'none', etag: md5('SELECT 1') },
      { action: 'ingest' },
      { action: 'begin' },
      { action: 'init' },
      {},
    ]) {
      const reply = await d1.send('POST', '/COPY/import', body);
      expect(await failure(reply)).toMatchObject({ status: 400, code: 7400 });
    }
    expect(await step(DATABASE.id, 'import', { action: 'poll' })).toMatchObject({ success: false });
  });
});

describe('export', () => {
  it('comes back as it was, to the last byte', async () => {
    await importInto(DATABASE.id, SQL);
    const text = await dump(DATABASE.id);
    expect(text).toContain('9007199254740993');
    expect(await importInto('COPY', text)).toMatchObject({ success: true });
    expect(await dump('COPY')).toBe(text);
    await d1.send('POST', '/COPY/query', { sql: "INSERT INTO parent (v) VALUES ('next')" });
    const reply = await d1.send('POST', '/COPY/query', {
      sql: "SELECT id FROM parent WHERE v = 'next'; SELECT length(CAST(v AS BLOB)) AS n FROM parent WHERE id = 12",
    });
    const { result } = (await reply.json()) as Reply<{ results: unknown }[]>;
    expect(result.map(({ results }) => results)).toEqual([[{ id: 41 }], [{ n: 3 }]]);
  });

  it('takes schema or data alone, and single tables', async () => {
    const schema = await dump(DATABASE.id, { no_data: true });
    expect(schema).toContain('CREATE TRIGGER tick');
    expect(schema).not.toContain('INSERT');
    const data = await dump(DATABASE.id, { no_schema: true });
    expect(data).toContain('INSERT INTO "child"');
    expect(data).not.toContain('CREATE');
    const table = await dump(DATABASE.id, { tables: ['child'] });
    expect(table).toContain('CREATE TABLE child');
    expect(table).not.toContain('parent" (');
  });

  it('refuses another format, and virtual tables as Cloudflare does', async () => {
    const other = await d1.send('POST', '/COPY/export', { output_format: 'file' });
    expect(await failure(other)).toMatchObject({ status: 400, code: 7400 });
    await d1.send('POST', '/COPY/query', { sql: 'CREATE VIRTUAL TABLE w USING fts5 (t)' });
    const virtual = await d1.send('POST', '/COPY/export', { output_format: 'polling' });
    expect(await failure(virtual)).toMatchObject({
      code: 7500,
      message: expect.stringContaining('fts5'),
    });
  });
});

it('no file is had without its address, nor by a foreign name', async () => {
  const { origin } = new URL(d1.engine.apiUrl);
  const guess = `${origin}/d1/files/${crypto.randomUUID()}/x.sql`;
  expect((await fetch(guess)).status).toBe(404);
  expect((await fetch(guess, { method: 'PUT', body: '' })).status).toBe(404);
  const { upload_url } = await step('COPY', 'import', { action: 'init', etag: md5('') });
  expect((await fetch(upload_url)).status).toBe(404);
  const foreign = { method: 'PUT', body: '', headers: { origin: 'https://evil.example' } };
  expect((await fetch(upload_url, foreign)).status).toBe(403);
});

describe('time travel', () => {
  const bookmark = async (query = '') => {
    const reply = await d1.send('GET', `/${DATABASE.id}/time_travel/bookmark${query}`);
    return ((await reply.json()) as Reply<{ bookmark: string }>).result.bookmark;
  };

  it('names moments in order', async () => {
    const early = await bookmark('?timestamp=2026-01-01T00:00:00Z');
    const late = await bookmark();
    expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/);
    expect(early < late).toBe(true);
    expect(await bookmark('?timestamp=2026-01-01T00:00:00Z')).toBe(early);
  });

  it('refuses times to come, and says that nothing can be restored', async () => {
    const path = `/${DATABASE.id}/time_travel`;
    for (const timestamp of ['soon', '2999-01-01T00:00:00Z']) {
      const reply = await d1.send('GET', `${path}/bookmark?timestamp=${timestamp}`);
      expect(await failure(reply)).toMatchObject({ status: 400, code: 7400 });
    }
    const restore = await d1.send('POST', `${path}/restore?bookmark=${await bookmark()}`);
    expect(await failure(restore)).toMatchObject({
      code: 7500,
      message: expect.stringContaining('keeps no history'),
    });
  });
});
