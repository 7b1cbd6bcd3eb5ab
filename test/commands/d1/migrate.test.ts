import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { migrationFiles } from '../../../scripts/schema.ts';
import { FIRST_COLUMNS, FIRST_GENERATION, LATER_VARIANT } from '../../tables/databases.ts';
import { faulty, refusal, useDatabase } from './harness.ts';

const NAMES = migrationFiles().map(({ name }) => name);

const test = useDatabase();

/** What the first generation wrote, without the audit entry of the migration itself. */
const firstRows = async () => {
  const tables = Object.entries(FIRST_COLUMNS).map(async ([table, columns]) => [
    table,
    (await test.d1.rows(`SELECT ${columns} FROM ${table} ORDER BY 1`)).filter(
      ({ action }) => action !== 'd1.migrate',
    ),
  ]);
  return Object.fromEntries(await Promise.all(tables));
};
const status = async (options = {}) => {
  const { code, json } = await test.goblin('status --json', options);
  const shown = json() as { migrations: { migration: string; state: string }[] };
  return { code, states: shown.migrations.map(({ migration, state }) => [migration, state]) };
};
const sends = (word: string) => (url: string, body: string) =>
  url.endsWith('/query') && body.includes(word);

describe('migrate', () => {
  it('applies what is pending, in order, and tells the bookmark before', async () => {
    const { code, stdout, stderr } = await test.goblin('migrate --yes');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Bookmark before this change: [0-9a-f-]{59} /m);
    for (const name of NAMES) expect(stdout).toContain(name);
    expect(await test.recorded()).toEqual(NAMES);
    expect(await test.tables()).toContain('feature_flag_changes');
    const again = await test.goblin('migrate --yes');
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('No steps to apply') });
    expect(await test.recorded()).toEqual(NAMES);
  });

  it('changes nothing in a dry run, a run that is read-only, and without a yes', async () => {
    expect((await test.goblin('migrate --dry-run --json')).json()).toMatchObject([
      { step: NAMES[0], result: 'planned' },
      { step: NAMES[1], result: 'planned' },
    ]);
    expect((await test.goblin('migrate --yes --read-only')).code).toBe(4);
    expect((await test.goblin('migrate')).code).toBe(6);
    expect(await test.tables()).toEqual([]);
  });

  it('upgrades a database of the first generation in place, and lists the flags to decide', async () => {
    await test.d1.query({ sql: FIRST_GENERATION });
    const before = await firstRows();
    const { code, stderr } = await test.goblin('migrate --yes');
    expect(code).toBe(0);
    expect(await firstRows()).toEqual(before);
    expect(stderr).toContain('beta_chat stays on for everybody: its 10% was never in force.');
    expect(stderr).not.toContain('new_ui_enabled');
    expect(
      await test.d1.rows('SELECT name, enabled FROM feature_flags WHERE version = 0'),
    ).toHaveLength(5);
  });

  it('refuses tables of another shape and leads to adopt', async () => {
    await test.d1.query({ sql: LATER_VARIANT });
    const { code, stderr } = await test.goblin('migrate --yes');
    expect(code).toBe(1);
    expect(stderr).toContain('goblin d1 adopt --dry-run');
    expect(await test.tables()).not.toContain('d1_migrations');
  });

  it('goes on where wrangler stopped', async () => {
    const [first] = migrationFiles();
    await test.d1.query({
      sql: `CREATE TABLE "d1_migrations"(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
        applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL); ${first?.sql}
        INSERT INTO "d1_migrations" (name) values ('${NAMES[0]}')`,
    });
    expect((await test.goblin('migrate --yes --json')).json()).toMatchObject([{ step: NAMES[1] }]);
    expect(await test.recorded()).toEqual(NAMES);
  });

  it.each([1, 6, 20])('finishes a migration of which %i statements are in place', async (count) => {
    await test.d1.query({ sql: FIRST_GENERATION });
    const before = await firstRows();
    const sql = migrationFiles()[1]?.sql.split(/;\n/).slice(0, count).join(';\n') ?? '';
    await test.d1.query({ sql });
    const { code, stdout } = await test.goblin('migrate --yes -o csv');
    expect(code).toBe(0);
    expect(stdout).toContain('applied in part');
    expect(await test.recorded()).toEqual(NAMES);
    expect(await firstRows()).toEqual(before);
    expect(await test.d1.rows('SELECT duration_ms FROM api_usage')).toHaveLength(3);
  });

  it('tells the loser of two runs at once, and applies nothing twice', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => test.goblin('migrate --yes --json')));
    expect(await test.recorded()).toEqual(NAMES);
    expect(runs.filter(({ code }) => code === 0).length).toBeGreaterThan(0);
    for (const { code, stderr } of runs) {
      if (code !== 0) expect(stderr).toContain('another run has done it meanwhile');
    }
  });

  it('tells a run that another one was between its look and its write', async () => {
    let first = true;
    const { code, stderr } = await test.goblin('migrate --yes', {
      fetch: faulty(sends('0001_first'), async (pass) => {
        if (first) await test.goblin('migrate --yes');
        first = false;
        return pass();
      }),
    });
    expect(code).toBe(1);
    expect(stderr).toContain(
      'cannot apply 0001_first_generation.sql: another run has done it meanwhile',
    );
    expect(await test.recorded()).toEqual(NAMES);
  });
});

describe('an answer that is lost', () => {
  const lose = async (applied: boolean, how: () => Response) => {
    let sent = 0;
    const ran = await test.goblin('migrate --yes', {
      fetch: faulty(sends('feature_flag_changes'), async (pass) => {
        sent++;
        if (applied) await pass();
        return how();
      }),
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

  it.each(failures)('by %s after it was applied is found out, and sent once', async (_, how) => {
    const { code, stderr, sent } = await lose(true, how);
    expect(code).toBe(0);
    expect(sent).toBe(1);
    expect(stderr).toContain(
      `the answer was lost, but the database shows that ${NAMES[1]} was applied`,
    );
    expect(await test.recorded()).toEqual(NAMES);
  });

  it.each(failures)('by %s before it was applied is found out, and sent once', async (_, how) => {
    const { code, stderr, sent } = await lose(false, how);
    expect(code).toBe(5);
    expect(sent).toBe(1);
    expect(stderr).toContain('nothing of it was applied');
    expect(await test.recorded()).toEqual([NAMES[0]]);
    expect((await test.goblin('migrate --yes')).code).toBe(0);
    expect(await test.recorded()).toEqual(NAMES);
  });

  it.each([
    [503, 'D1 DB is overloaded. Requests queued for too long.', 'too many requests waiting'],
    [400, 'Exceeded maximum DB size', 'the database is full'],
    [429, "Your account has exceeded D1's free tier daily row write limit", "the plan's limit"],
  ])('with a refusal (%i %s) keeps its meaning', async (code, message, shown) => {
    const ran = await test.goblin('migrate --yes', {
      fetch: faulty(sends('CREATE TABLE IF NOT EXISTS'), async () => refusal(code, 7500, message)),
    });
    expect(ran.code).toBe(7);
    expect(ran.stderr).toContain(shown);
    expect(await test.tables()).toEqual([]);
  });
});

describe('with the migrations of a wrangler file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'goblin-migrations-'));
    await mkdir(join(folder, 'sql'));
    await writeFile(
      join(folder, 'wrangler.toml'),
      `name = "w"\n[[d1_databases]]\nbinding = "MINE"\ndatabase_id = "${test.d1.engine.database.id}"
migrations_dir = "sql"\nmigrations_table = "my ""steps"""\n`.replaceAll('""', '\\"'),
    );
    return () => rm(folder, { recursive: true });
  });
  const file = (name: string, sql: string) => writeFile(join(folder, 'sql', name), sql);
  const here = () => ({ cwd: folder, env: { GOBLIN_DATABASE: '' } });
  const steps = async () =>
    (await test.d1.rows('SELECT name FROM "my ""steps""" ORDER BY id')).map(({ name }) => name);

  it('applies those, in the order of their numbers, and records them in its table', async () => {
    await file('10_c.sql', "INSERT INTO a (a) VALUES ('it''s; here') -- no semicolon");
    await file('9_b.sql', 'ALTER TABLE a ADD COLUMN b;\r\n');
    await file("1_it's.sql", 'CREATE TABLE a (a TEXT);');
    await file('notes.md', 'no SQL');
    expect((await test.goblin('migrate --yes', here())).code).toBe(0);
    expect(await steps()).toEqual(["1_it's.sql", '9_b.sql', '10_c.sql']);
    expect(await test.d1.rows('SELECT a FROM a')).toEqual([{ a: "it's; here" }]);
  });

  it('stops at the file that fails, with nothing of it applied', async () => {
    await file('1_a.sql', 'CREATE TABLE a (a);');
    await file('2_b.sql', 'CREATE TABLE b (b); INSERT INTO nope VALUES (1);');
    await file('3_c.sql', 'CREATE TABLE c (c);');
    const { code, stdout, stderr } = await test.goblin('migrate --yes -o csv', here());
    expect(code).toBe(5);
    expect(stderr).toMatch(/cannot apply 2_b\.sql: .*no such table.*nothing of it was applied/s);
    expect(stdout).toMatch(/1_a\.sql,.*applied\n2_b\.sql,.*untried\n3_c\.sql,.*untried\n/);
    expect(await steps()).toEqual(['1_a.sql']);
    expect(await test.tables()).not.toContain('b');
    await file('2_b.sql', 'CREATE TABLE b (b);');
    expect((await test.goblin('migrate --yes', here())).code).toBe(0);
    expect(await steps()).toHaveLength(3);
  });

  it('names files that were changed, renamed and are missing, and runs none twice', async () => {
    for (const name of ['1_a', '2_b', '3_c'])
      await file(`${name}.sql`, `CREATE TABLE t_${name} (a);`);
    await test.goblin('migrate --yes', here());
    await file('1_a.sql', 'CREATE TABLE t_1_a (a);\r\n'.replace('\r\n', ' -- changed'));
    await rm(join(folder, 'sql/2_b.sql'));
    await rm(join(folder, 'sql/3_c.sql'));
    await file('4_c.sql', 'CREATE TABLE t_3_c (a);');
    expect(await status(here())).toEqual({
      code: 8,
      states: [
        ['1_a.sql', 'changed'],
        ['2_b.sql', 'missing'],
        ['3_c.sql', 'missing'],
        ['4_c.sql', 'renamed'],
      ],
    });
    const { code, stderr } = await test.goblin('migrate --yes', here());
    expect(code).toBe(1);
    expect(stderr).toContain('cannot apply 4_c.sql: it was applied as 3_c.sql');
    expect(await steps()).toHaveLength(3);
  });

  it('does not finish what nobody can judge', async () => {
    await test.d1.query({ sql: 'CREATE TABLE a (a)' });
    await file('1_a.sql', 'CREATE TABLE a (a); INSERT INTO a VALUES (1);');
    const { code, stderr } = await test.goblin('migrate --yes', here());
    expect(code).toBe(1);
    expect(stderr).toContain('nobody knows whether this ran: INSERT INTO a VALUES (1)');
    expect(await test.d1.rows('SELECT * FROM a')).toEqual([]);
  });

  it('refuses a folder that is not there', async () => {
    await rm(join(folder, 'sql'), { recursive: true });
    const { code, stderr } = await test.goblin('migrate --yes', here());
    expect(code).toBe(1);
    expect(stderr).toContain('there are no migrations in sql');
  });
});

describe('status', () => {
  it('tells migrations, size, rows and the bookmark', async () => {
    await test.d1.query({ sql: FIRST_GENERATION });
    expect(await status()).toEqual({ code: 0, states: NAMES.map((name) => [name, 'pending']) });
    await test.goblin('migrate --yes');
    const { stdout, json } = await test.goblin('status --json');
    expect(json()).toMatchObject({
      database: test.d1.engine.database.name,
      size: expect.any(Number),
      bookmark: expect.stringMatching(/^[0-9a-f-]{59}$/),
      migrations: [
        {
          migration: NAMES[0],
          state: 'applied',
          checksum: expect.stringMatching(/^[0-9a-f]{16}$/),
        },
        { migration: NAMES[1], state: 'applied', applied_at: expect.stringMatching(/Z$/) },
      ],
    });
    expect(JSON.parse(stdout).tables).toContainEqual({ table: 'audit_logs', rows: 4 });
    const table = await test.goblin('status --no-counts');
    expect(table.stdout).toMatch(/audit_logs +-/);
    expect(table.code).toBe(0);
  });

  it('changes nothing', async () => {
    expect((await test.goblin('status --read-only')).code).toBe(0);
    expect(await test.tables()).toEqual([]);
  });
});

describe('adopt', () => {
  it('shows in a dry run what would be done to an unknown database', async () => {
    await test.d1.query({ sql: LATER_VARIANT });
    const { code, stdout, stderr } = await test.goblin('adopt --dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/audit_logs .*gets the columns action, details/);
    expect(stderr).toContain('ALTER TABLE feature_flags ADD COLUMN flag_name');
    expect(await test.tables()).not.toContain('d1_migrations');
  });

  it('makes it ready and migrates it, with every row kept', async () => {
    await test.d1.query({ sql: LATER_VARIANT });
    const before = await test.d1.rows('SELECT key, value FROM feature_flags');
    expect((await test.goblin('adopt --yes')).code).toBe(0);
    expect(await test.recorded()).toEqual(NAMES);
    expect(await test.d1.rows('SELECT key, value FROM feature_flags')).toEqual(before);
    expect(await test.d1.rows('SELECT name, version FROM feature_flags')).toHaveLength(3);
    expect(await status()).toMatchObject({ code: 0 });
  });

  it('adopts what wrangler left after its first migration', async () => {
    await test.d1.query({
      sql: `${LATER_VARIANT}; ${migrationFiles()[0]?.sql} CREATE TABLE d1_migrations
        (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
        INSERT INTO d1_migrations (name) VALUES ('${NAMES[0]}')`,
    });
    expect((await test.goblin('adopt --yes')).code).toBe(0);
    expect(await test.recorded()).toEqual(NAMES);
  });
});
