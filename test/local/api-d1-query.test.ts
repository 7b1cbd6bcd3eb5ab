import { beforeEach, describe, expect, it } from 'vitest';
import { DATABASE, type Reply, type Result, useD1 } from './d1.ts';
import { failure } from './reply.ts';

const d1 = useD1({});
beforeEach(async () => {
  await d1.query({ sql: 'DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, v)' });
});

const post = (path: string, body: unknown) => d1.send('POST', `/${DATABASE.id}${path}`, body);
const count = async () => (await d1.rows('SELECT count(*) AS n FROM t'))[0]?.n;

describe('/query', () => {
  it('runs several statements and tells of each what it cost', async () => {
    const [inserted, selected] = await d1.query({
      sql: "INSERT INTO t (v) VALUES ('a;'), ('b'); -- all\nSELECT v FROM t ORDER BY id DESC;",
    });
    expect(inserted).toMatchObject({
      success: true,
      results: [],
      meta: {
        changes: 2,
        rows_written: 2,
        last_row_id: 2,
        changed_db: true,
        duration: expect.any(Number),
        size_after: expect.any(Number),
        served_by_primary: true,
      },
    });
    expect(inserted?.meta.size_after).toBeGreaterThan(0);
    expect(selected?.results).toEqual([{ v: 'b' }, { v: 'a;' }]);
    expect(selected?.meta).toMatchObject({ rows_read: 2, rows_written: 0, changes: 0 });
  });

  it('takes parameters of every kind and gives bytes as arrays of numbers', async () => {
    const params = ['é\u0000x', 1.5, null, true, false, [0, 255]];
    const [row] = await d1.rows('SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e, ? AS f', params);
    expect(row).toEqual({ a: 'é\u0000x', b: 1.5, c: null, d: 1, e: 0, f: [0, 255] });
    expect(await d1.rows('SELECT ?2 AS b, ?1 AS a', ['1', '2'])).toEqual([{ a: '1', b: '2' }]);
  });

  it('runs a batch, each statement with parameters of its own', async () => {
    const results = await d1.query({
      batch: [
        { sql: 'INSERT INTO t (v) VALUES (?)', params: ['x'] },
        { sql: 'SELECT v FROM t WHERE v = ?', params: ['x'] },
      ],
    });
    expect(results.map(({ results: rows }) => rows)).toEqual([[], [{ v: 'x' }]]);
  });

  it.each([
    [
      'statements',
      { sql: "INSERT INTO t (v) VALUES ('1'); CREATE TABLE u (a); INSERT INTO nope VALUES (1)" },
    ],
    ['a batch', { batch: [{ sql: 'INSERT INTO t (v) VALUES (1)' }, { sql: 'SELECT nope' }] }],
  ])('undoes all %s where one fails', async (_, body) => {
    expect(await failure(await post('/query', body))).toMatchObject({ status: 400, code: 7500 });
    expect(await count()).toBe(0);
    expect(await d1.rows("SELECT name FROM sqlite_schema WHERE name = 'u'")).toEqual([]);
  });

  it('runs triggers with CASE', async () => {
    await d1.query({
      sql: `CREATE TRIGGER twice AFTER INSERT ON t WHEN new.v > 0 BEGIN
        INSERT INTO t (v) VALUES (CASE new.v WHEN 1 THEN -1 ELSE -2 END);
        SELECT CASE WHEN 1 THEN 2 END;
      END; INSERT INTO t (v) VALUES (1)`,
    });
    expect(await d1.rows('SELECT v FROM t')).toEqual([{ v: 1 }, { v: -1 }]);
  });

  it('hides the tables of the engine, and lets nobody at them', async () => {
    const names = (await d1.rows('SELECT name FROM sqlite_master')).map(({ name }) => name);
    expect(names).toEqual(['t']);
    expect(await d1.rows("SELECT '_cf_METADATA' AS v")).toEqual([{ v: '_cf_METADATA' }]);
    const refused = await post('/query', { sql: 'SELECT * FROM _cf_METADATA' });
    expect(await failure(refused)).toMatchObject({ status: 400, code: 7500 });
  });
});

describe('/raw', () => {
  it('tells columns apart that have the same name, and names them without rows', async () => {
    const reply = await post('/raw', { sql: 'SELECT 1 AS a, 2 AS a; SELECT id, v FROM t' });
    const { result } = (await reply.json()) as Reply<Result[]>;
    expect(result.map(({ results }) => results)).toEqual([
      { columns: ['a', 'a'], rows: [[1, 2]] },
      { columns: ['id', 'v'], rows: [] },
    ]);
    expect(result[0]?.meta).toMatchObject({ rows_read: 0, rows_written: 0 });
  });
});

describe('limits', () => {
  const marks = (count: number) => Array.from({ length: count }, () => '?').join(',');
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

  it('are taken to the last', async () => {
    const sql = `SELECT '${'x'.repeat(100_000 - 9)}'`;
    expect(await d1.rows(`SELECT ${marks(100)}`, numbers(100))).toHaveLength(1);
    expect(await d1.rows(sql)).toHaveLength(1);
    expect(await d1.rows(`SELECT 'a' LIKE '${'a'.repeat(50)}'`)).toHaveLength(1);
    await d1.query({ sql: 'INSERT INTO t (v) VALUES (?)', params: ['é'.repeat(1_000_000)] });
  });

  it.each([
    [
      '101 parameters',
      { sql: `SELECT ${marks(101)}`, params: numbers(101) },
      'too many SQL variables',
    ],
    ['100,001 bytes of SQL', { sql: `SELECT '${'x'.repeat(99_992)}'` }, 'statement too long'],
    ['51 bytes of LIKE', { sql: `SELECT 'a' LIKE '${'a'.repeat(51)}'` }, 'too complex'],
    ['a text over 2 MB', { sql: 'SELECT ?', params: [`${'é'.repeat(1_000_000)}x`] }, 'TOOBIG'],
    ['bytes over 2 MB', { sql: 'SELECT ?', params: [Array(2_000_001).fill(0)] }, 'TOOBIG'],
    ['a parameter too few', { sql: 'SELECT ?, ?', params: [1] }, 'Wrong number of parameter'],
    ['no statement', { sql: ' ; -- nothing' }, 'No SQL statements detected'],
    ['a transaction', { sql: 'BEGIN' }, 'transaction'],
    ['ATTACH', { sql: "ATTACH 'x' AS x" }, 'SQLITE_AUTH'],
    ['a syntax error', { sql: 'SELEC 1' }, 'near "SELEC": syntax error'],
  ])('refuse %s', async (_, body, message) => {
    expect(await failure(await post('/query', body))).toMatchObject({
      status: 400,
      code: 7500,
      message: expect.stringContaining(message),
    });
  });
});

describe('a request that is none', () => {
  it.each([
    ['no sql', {}],
    ['null', null],
    ['an array', []],
    ['sql that is no text', { sql: 1 }],
    ['parameters that are no array', { sql: 'SELECT 1', params: {} }],
    ['a parameter that is an object', { sql: 'SELECT ?', params: [{}] }],
    ['a parameter that is a list of words', { sql: 'SELECT ?', params: [['a']] }],
    ['parameters for several statements', { sql: 'SELECT ?; SELECT 1', params: [1] }],
    ['sql and batch', { sql: 'SELECT 1', batch: [] }],
    ['a batch that is no array', { batch: 'SELECT 1' }],
    ['a batch of nothing', { batch: [null] }],
  ])('is 7400: %s', async (_, body) => {
    for (const path of ['/query', '/raw']) {
      expect(await failure(await post(path, body))).toMatchObject({ status: 400, code: 7400 });
    }
  });

  it('is 7400 for broken JSON, and for a name in place of an id', async () => {
    const path = `/accounts/any/d1/database/${DATABASE.id}/query`;
    const broken = await d1.engine.api(path, { method: 'POST', body: '{' });
    expect(await failure(broken)).toMatchObject({ status: 400, code: 7400 });
    const named = await d1.send('POST', `/${DATABASE.name}/query`, { sql: 'SELECT 1' });
    expect(await failure(named)).toMatchObject({ status: 400, code: 7400 });
  });

  it('is 7404 for a database that is not there', async () => {
    const id = crypto.randomUUID();
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/query'],
      ['GET', '/time_travel/bookmark'],
    ] as const) {
      const body = method === 'POST' ? { sql: 'SELECT 1' } : undefined;
      const reply = await d1.send(method, `/${id}${path}`, body);
      expect(await failure(reply)).toMatchObject({ status: 404, code: 7404 });
    }
  });
});
