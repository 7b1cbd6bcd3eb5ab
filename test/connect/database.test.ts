/** The D1 database of a command: how it is found, and what becomes of statements. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { contextOf } from '../context.ts';
import { useEngine } from '../engine.ts';
import { useFolder } from '../folder.ts';
import { DATABASE } from '../local/d1.ts';
import { MEMORY_ENV } from '../memory-api.ts';

const UNBOUND = { id: 'MEMORY', name: 'MEMORY' };

const engine = useEngine({ databases: [DATABASE, UNBOUND] });
const folder = useFolder();

async function wranglerFile(text: string): Promise<string> {
  const file = join(folder, 'wrangler.toml');
  await writeFile(file, text);
  return file;
}

const BOUND = `name = "w"
[[d1_databases]]
binding = "MINE"
database_name = "${DATABASE.name}"
database_id = "${DATABASE.id}"
`;

describe('the database of a command', () => {
  it.each([
    ['its id', { database: DATABASE.id }, {}],
    ['its name', { database: DATABASE.name }, {}],
    ['its binding', { database: 'MINE' }, {}],
    ['the only binding of the file', {}, {}],
    ['the environment', {}, { GOBLIN_DATABASE: DATABASE.id }],
  ])('is found by %s', async (_, options, env) => {
    const config = await wranglerFile(BOUND);
    const database = await contextOf({ config, ...options }, { engine, env }).database();
    expect(await database.info()).toMatchObject(DATABASE);
  });

  it('is found by its name where no file binds it', async () => {
    const database = await contextOf({ database: DATABASE.name }, { engine, cwd: '/' }).database();
    expect(database.id).toBe(DATABASE.id);
  });

  it('is found in the settings of the deployed Worker where the file has no id', async () => {
    const config = await wranglerFile('name = "w"\n[[d1_databases]]\nbinding = "MEMORY"\n');
    expect((await contextOf({ config }, { engine }).database()).id).toBe(UNBOUND.id);
    const other = await wranglerFile('name = "w"\n[[d1_databases]]\nbinding = "OTHER"\n');
    await expect(contextOf({ config: other }, { engine }).database()).rejects.toMatchObject({
      outcome: 'notFound',
      code: 'database_not_found',
      message: expect.stringContaining('no D1 binding OTHER'),
    });
  });

  it('is not guessed: an unknown name names the nearest', async () => {
    const context = contextOf({ database: 'goblin-asistant-db' }, { engine, cwd: '/' });
    await expect(context.database()).rejects.toMatchObject({
      outcome: 'notFound',
      code: 'database_not_found',
      hint: expect.stringContaining(DATABASE.name),
    });
  });

  it('is asked for by how to create one where there is none', async () => {
    const config = await wranglerFile('[[kv_namespaces]]\nbinding = "GOBLIN_KV"\nid = "k"\n');
    await expect(contextOf({ config }, { engine }).database()).rejects.toMatchObject({
      outcome: 'access',
      code: 'no_database',
      hint: expect.stringContaining('wrangler d1 create goblin-assistant-db'),
    });
  });

  it('has to be chosen of several without a usual name', async () => {
    const two = ['A', 'B'].map((name) => `[[d1_databases]]\nbinding = "${name}"\n`).join('');
    const config = await wranglerFile(two);
    await expect(contextOf({ config }, { engine }).database()).rejects.toMatchObject({
      outcome: 'usage',
      code: 'which_database',
      hint: expect.stringContaining('A, B'),
    });
  });

  it('is named on stderr on a terminal', async () => {
    const config = await wranglerFile(BOUND);
    const context = contextOf({ config, remote: true }, { engine, tty: true });
    await context.database();
    expect(context.stderr()).toMatch(
      /remote · account .* · database goblin-assistant-db \(5b2f…ffee\)/,
    );
    expect(context.stderr()).not.toContain('namespace');
  });
});

const database = (fetch?: (url: string, init: RequestInit) => Promise<Response>) =>
  contextOf({ database: DATABASE.id }, { engine, ...(fetch && { fetch }) }).database();

describe('statements', () => {
  it('give rows, and what they cost', async () => {
    const d1 = await database();
    await d1.batch([
      { sql: 'CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)' },
      { sql: 'INSERT INTO notes (text) VALUES (?), (?)', params: ['a', null] },
    ]);
    const { rows, meta } = await d1.query('SELECT text FROM notes WHERE id >= ? ORDER BY id', [1]);
    expect(rows).toEqual([{ text: 'a' }, { text: null }]);
    expect(meta).toMatchObject({
      rows_read: expect.any(Number),
      rows_written: 0,
      duration: expect.any(Number),
      size_after: expect.any(Number),
    });
    const inserted = await d1.query('INSERT INTO notes (text) VALUES (?)', ['c']);
    expect(inserted.meta).toMatchObject({ changes: 1, last_row_id: 3 });
  });

  it('of a batch are one transaction in one request', async () => {
    const sent: string[] = [];
    const d1 = await database((url, init) => {
      sent.push(`${init.method?.toUpperCase()} ${new URL(url).pathname.split('/').at(-1)}`);
      return fetch(url, init);
    });
    const failing = d1.batch([
      { sql: 'CREATE TABLE half (a)' },
      { sql: 'INSERT INTO nowhere VALUES (1)' },
    ]);
    await expect(failing).rejects.toMatchObject({ code: 'no_such_table', maybeApplied: false });
    expect(sent).toEqual(['POST query']);
    await expect(d1.query('SELECT * FROM half')).rejects.toMatchObject({ code: 'no_such_table' });
    expect(await d1.batch([])).toEqual([]);
    expect(sent).toHaveLength(2);
  });

  it('can be exported and bookmarked', async () => {
    const d1 = await database();
    await d1.batch([{ sql: 'CREATE TABLE kept (a)' }, { sql: 'INSERT INTO kept VALUES (42)' }]);
    const dump = await text(await d1.export({ tables: ['kept'] }));
    expect(dump).toMatch(/CREATE TABLE kept[\s\S]*42/);
    expect(await d1.bookmark(0)).toMatch(/^[0-9a-f-]{40,}$/);
  });
});

/** A D1 that gives these answers one after another, the last one for ever. */
function answering(...answers: (() => Response)[]) {
  let sent = 0;
  const fetch = async () => (answers[Math.min(sent++, answers.length - 1)] as () => Response)();
  const context = contextOf({ database: DATABASE.id }, { env: MEMORY_ENV, fetch });
  return { context, sent: () => sent };
}

const done =
  (rows: object[] = []) =>
  () =>
    Response.json({
      success: true,
      errors: [],
      result: [{ results: rows, success: true, meta: {} }],
    });
const refused = (status: number, code: number, message: string) => () =>
  Response.json({ success: false, errors: [{ code, message }], result: null }, { status });

const INSERT = 'INSERT INTO audit_logs (action) VALUES (?)';

describe('a statement whose request fails', () => {
  it('is sent once and may have been applied, where it writes', async () => {
    const { context, sent } = answering(refused(500, 7500, 'internal error'));
    await expect((await context.database()).query(INSERT, ['x'])).rejects.toMatchObject({
      outcome: 'failed',
      maybeApplied: true,
      message: expect.stringContaining('may or may not have been applied'),
    });
    expect(sent()).toBe(1);
  });

  it('is sent again where it only reads', async () => {
    const { context, sent } = answering(refused(500, 7500, 'internal error'), done([{ a: 1 }]));
    expect((await (await context.database()).query('SELECT 1 AS a')).rows).toEqual([{ a: 1 }]);
    expect(sent()).toBe(2);
  });

  it('makes a whole batch a write', async () => {
    const { context, sent } = answering(refused(503, 7500, 'internal error'));
    const batch = (await context.database()).batch([{ sql: 'SELECT 1' }, { sql: INSERT }]);
    await expect(batch).rejects.toMatchObject({ maybeApplied: true });
    expect(sent()).toBe(1);
  });

  it('may have been applied too where the answer lacks a result', async () => {
    const { context } = answering(() => Response.json({ success: true, errors: [], result: [] }));
    await expect((await context.database()).query(INSERT, ['x'])).rejects.toMatchObject({
      code: 'odd_answer',
      maybeApplied: true,
    });
  });

  it.each<[string, () => Response, object]>([
    [
      'the daily limit of the free plan',
      refused(400, 7500, "Your account has exceeded D1's free tier daily row read limit"),
      { outcome: 'quota', code: 'quota_exceeded' },
    ],
    [
      'a full database',
      refused(400, 7500, 'D1_ERROR: Exceeded maximum DB size'),
      { outcome: 'quota', code: 'database_full' },
    ],
    [
      'too many requests',
      refused(503, 7500, 'D1 DB is overloaded. Requests queued for too long.'),
      { outcome: 'quota', code: 'database_busy', retryable: true },
    ],
    [
      'too much work',
      refused(400, 7500, 'D1 DB exceeded its CPU time limit and was reset.'),
      { outcome: 'failed', code: 'statement_too_heavy' },
    ],
    [
      'no such database',
      refused(404, 7404, 'The database x could not be found'),
      { outcome: 'notFound', code: 'database_not_found' },
    ],
    [
      'an invalid part of the request',
      refused(400, 7400, 'Invalid property: databaseId => Invalid uuid'),
      { outcome: 'usage', code: 'invalid_property' },
    ],
    [
      'no such table',
      refused(400, 7500, 'no such table: audit_logs: SQLITE_ERROR'),
      { outcome: 'failed', code: 'no_such_table', hint: expect.stringContaining('migrations') },
    ],
    [
      'SQL that is not valid',
      refused(400, 7500, 'near "SELEC": syntax error at offset 0: SQLITE_ERROR'),
      { outcome: 'failed', code: 'sql_error', message: expect.stringContaining('near "SELEC"') },
    ],
  ])('names %s', async (_, answer, error) => {
    const { context } = answering(answer);
    const query = (await context.database()).query('SELECT action FROM audit_logs');
    await expect(query).rejects.toMatchObject({ ...error, maybeApplied: false });
  });
});
