import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useFolder } from '../../folder.ts';
import { faulty, refusal, useDatabase } from './harness.ts';

const test = useDatabase();
const folder = useFolder();

const setUp = () =>
  test.d1.query({
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB);
      CREATE TABLE log (a TEXT);
      CREATE INDEX t_a ON t (a);
      CREATE TRIGGER t_log AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END;
      INSERT INTO t (a, b) VALUES ('one', x'00ff'), ('two', NULL)`,
  });
const query = (...words: string[]) => test.goblin(['query', ...words]);
const rows = () => test.d1.rows('SELECT a FROM t ORDER BY id');

describe('query', () => {
  it.each([
    ['SELECT a FROM t ORDER BY random()'],
    ['WITH x AS (SELECT a, row_number() OVER () AS n FROM t GROUP BY a) SELECT DISTINCT a FROM x'],
    ['/* c */ EXPLAIN DELETE FROM t'],
    ['\n-- c\nEXPLAIN QUERY PLAN SELECT * FROM t'],
    ['PRAGMA table_info(t)'],
    ['SELECT \'DELETE FROM t\' AS "insert"'],
    ['VALUES (1), (2)'],
    ['SELECT 1; SELECT a FROM t'],
  ])('runs what only reads, even in a read-only run: %s', async (sql) => {
    await setUp();
    expect(await query(sql, '--read-only')).toMatchObject({ code: 0 });
  });

  it.each([
    ["INSERT INTO t (a) VALUES ('x')"],
    ["WITH x AS (SELECT 'x') INSERT INTO t (a) SELECT * FROM x"],
    ['  /* SELECT */ DELETE FROM t WHERE 0 RETURNING a'],
    ["UPDATE t SET a = 'x'"],
    ['CREATE TABLE u (a)'],
    ['DROP TABLE t'],
    ['ALTER TABLE t ADD COLUMN c'],
    ['CREATE INDEX i ON t (a)'],
    ['REINDEX'],
    ['ANALYZE'],
    ['VACUUM'],
    ['SELECT 1; DELETE FROM t'],
    ['CREATE TABLE u (a); INSERT INTO u VALUES (1)'],
  ])('refuses without --write what would write: %s', async (sql) => {
    await setUp();
    const before = await test.d1.rows('SELECT * FROM sqlite_schema');
    const { code, stderr } = await query(sql);
    expect(code).toBe(2);
    expect(stderr).toContain('would write');
    expect(await rows()).toEqual([{ a: 'one' }, { a: 'two' }]);
    expect(await test.d1.rows('SELECT * FROM sqlite_schema')).toEqual(before);
  });

  it('writes with --write, tells the bookmark before and what it cost', async () => {
    await setUp();
    const { code, stderr } = await query('--write', 'DELETE FROM t WHERE a = ?', '--param', 'one');
    expect(code).toBe(0);
    expect(stderr).toMatch(/Bookmark before this change: [0-9a-f-]{59}.*\n.*1 row written\./s);
    expect(await rows()).toEqual([{ a: 'two' }]);
    const readOnly = await query('--write', 'DELETE FROM t', '--read-only');
    expect(readOnly.code).toBe(4);
    expect(await rows()).toHaveLength(1);
  });

  it('runs several statements as one transaction', async () => {
    await setUp();
    const sql =
      "CREATE TABLE u (a); INSERT INTO u VALUES (1); INSERT INTO t (id, a) VALUES (1, 'x')";
    expect(await query('--write', sql)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('UNIQUE constraint'),
    });
    expect(await test.tables()).toEqual(['log', 't']);
    const both = await query('SELECT 1 AS n; SELECT a FROM t WHERE id = 2', '--json');
    expect(both.json()).toEqual([
      { statement: 1, row: { n: 1 } },
      { statement: 2, row: { a: 'two' } },
    ]);
    expect((await query('SELECT 1 AS n; SELECT 2 AS m')).stdout).toMatch(
      /n\n\s*1\n[\s\S]*m\n\s*2\n/i,
    );
  });

  it('takes SQL from stdin and from a file, and parameters as JSON', async () => {
    await setUp();
    const stdin = await test.goblin('query - --json', { stdin: 'SELECT a FROM t WHERE id = 1' });
    expect(stdin.json()).toEqual([{ a: 'one' }]);
    await writeFile(join(folder, 'q.sql'), 'SELECT ? AS x, ? AS y, ? AS z;');
    const file = await query(
      `@${folder}/q.sql`,
      '--params',
      '[1.5, null, "; DROP TABLE t"]',
      '--json',
    );
    expect(file.json()).toEqual([{ x: 1.5, y: null, z: '; DROP TABLE t' }]);
  });

  it('shows BLOBs, columns of one name, empty results and hostile text in each format', async () => {
    await setUp();
    expect((await query('SELECT b, id, id FROM t WHERE id = 1', '--json')).json()).toEqual([
      { b: "x'00ff'", id: 1, id_2: 1 },
    ]);
    expect((await query('SELECT a, id FROM t WHERE 0', '-o', 'csv')).stdout).toBe('a,id\n');
    expect((await query('SELECT a FROM t WHERE 0', '--json')).json()).toEqual([]);
    const evil = "SELECT char(27) || ']0;x' || char(7) || '😀' AS a, '=1+1' AS f";
    expect((await query(evil)).stdout).not.toContain('\u001b');
    expect((await query(evil, '-o', 'csv')).stdout).toContain("'=1+1");
    expect((await query(evil, '-o', 'ndjson')).json()).toEqual({
      a: '\u001b]0;x\u0007😀',
      f: '=1+1',
    });
  });

  it.each([
    ['', 'no_sql'],
    [' -- nothing', 'no_sql'],
  ])('refuses "%s" as %s', async (sql, code) => {
    const { code: exit, stderr } = await query(sql, '--json');
    expect([exit, JSON.parse(stderr).error.code]).toEqual([2, code]);
  });

  it('refuses parameters that fit nothing', async () => {
    expect((await query('SELECT 1; SELECT ?', '--param', 'x')).code).toBe(2);
    expect((await query('SELECT ?', '--param', 'x', '--params', '[1]')).code).toBe(2);
    expect((await query('SELECT ?', '--params', '{"a":1}')).code).toBe(2);
    expect(await query('SELEC 1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('SELEC'),
    });
  });
});

describe('a write whose answer is lost', () => {
  const lose = async (applied: boolean, how: () => Response) => {
    let sent = 0;
    const ran = await test.goblin(['query', '--write', "INSERT INTO t (a) VALUES ('new')"], {
      fetch: faulty(
        (url) => url.endsWith('/raw'),
        async (pass) => {
          sent++;
          if (applied) await pass();
          return how();
        },
      ),
    });
    return { ...ran, sent };
  };
  const failures: [string, () => Response][] = [
    ['a 500', () => new Response('oops', { status: 500 })],
    [
      'a broken connection',
      () => {
        throw new TypeError('fetch failed');
      },
    ],
    ['half an answer', () => new Response('{"success": true, "result": [')],
  ];

  it.each(failures)('by %s is never sent twice, and is found out', async (_, how) => {
    await setUp();
    const after = await lose(true, how);
    expect(after).toMatchObject({ code: 0, sent: 1 });
    expect(after.stderr).toContain('the database shows that all was applied');
    expect(await rows()).toHaveLength(3);
    const before = await lose(false, how);
    expect(before).toMatchObject({ code: 1, sent: 1 });
    expect(before.stderr).toContain('the database shows that nothing was applied');
    expect(await rows()).toHaveLength(3);
  });

  it('is told as unknown where the database cannot be asked', async () => {
    await setUp();
    let lost = false;
    const { code, stderr } = await test.goblin(
      ['query', '--write', "INSERT INTO t (a) VALUES ('new')"],
      {
        fetch: faulty(
          (url) => lost || url.endsWith('/raw'),
          async () => {
            lost = true;
            throw new TypeError('fetch failed');
          },
        ),
      },
    );
    expect(code).toBe(1);
    expect(stderr).toContain('may or may not have been applied');
  });

  it.each([
    [503, 'D1 DB is overloaded. Requests queued for too long.'],
    [400, 'Exceeded maximum DB size'],
    [429, "Your account has exceeded D1's free tier daily row write limit"],
  ])('keeps the meaning of a refusal: %i %s', async (status, message) => {
    await setUp();
    const { code } = await lose(false, () => refusal(status, 7500, message));
    expect(code).toBe(7);
    expect(await rows()).toHaveLength(2);
  });
});

describe('export', () => {
  it('writes SQL to stdout, which makes the database again', async () => {
    await setUp();
    const { code, stdout, stderr } = await test.goblin('export');
    expect(code).toBe(0);
    expect(stderr).toContain(`${Buffer.byteLength(stdout)} bytes exported.`);
    for (const name of ['t', 'log']) await test.d1.query({ sql: `DROP TABLE ${name}` });
    await test.d1.query({ sql: stdout });
    expect(await test.d1.rows('SELECT hex(b) AS b FROM t')).toEqual([{ b: '00FF' }, { b: '' }]);
    const data = await test.goblin('export --no-schema --table log');
    expect(data.stdout).toContain('INSERT INTO "log" ("a") VALUES(\'one\')');
    expect(data.stdout).not.toMatch(/CREATE|INTO "t"/);
  });

  it('writes a file whole or not at all', async () => {
    await setUp();
    const out = join(folder, 'out.sql');
    expect((await test.goblin(['export', out])).code).toBe(0);
    const whole = await readFile(out, 'utf8');
    expect(whole).toContain('CREATE TABLE log');
    const cut = await test.goblin(['export', out], {
      fetch: faulty(
        (url) => url.includes('/d1/files/'),
        async (pass) => {
          const bytes = new Uint8Array(await (await pass()).arrayBuffer());
          return new Response(
            ReadableStream.from(
              (async function* () {
                yield bytes.subarray(0, 40);
                throw new TypeError('terminated');
              })(),
            ) as ReadableStream,
          );
        },
      ),
    });
    expect(cut.code).toBe(1);
    expect(cut.stderr).toContain('the export was cut off after 40 bytes');
    expect(await readFile(out, 'utf8')).toBe(whole);
    expect((await readdir(folder)).filter((name) => name.startsWith('out'))).toEqual(['out.sql']);
    const nowhere = await test.goblin(['export', join(folder, 'no/such.sql')]);
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOENT') });
  });

  it('asks until the export is made, and tells what failed', async () => {
    const answer = (result: object) => Response.json({ success: true, errors: [], result });
    const running = { success: true, status: 'active', at_bookmark: 'b' };
    let polls = 0;
    const failed = await test.goblin('export', {
      fetch: faulty(
        (url) => url.endsWith('/export'),
        async () => answer(++polls < 3 ? running : { status: 'error', error: 'too many tables' }),
      ),
    });
    expect(polls).toBe(3);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('cannot export the database: too many tables');
    expect((await test.goblin('export --no-data --no-schema')).code).toBe(2);
  });
});

describe('bookmark', () => {
  it('is printed of now and of a time', async () => {
    const now = (await test.goblin('bookmark --json')).json() as { bookmark: string };
    const then = (await test.goblin('bookmark --at 2h --json')).json() as { bookmark: string };
    expect(now.bookmark).toMatch(/^[0-9a-f-]{59}$/);
    expect(then.bookmark < now.bookmark).toBe(true);
    expect((await test.goblin('bookmark --at never')).code).toBe(2);
  });
});
