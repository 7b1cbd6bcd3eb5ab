/** The test of truth for D1: wrangler over the API, and over the same state. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LOCAL_ACCOUNT_ID } from '../../src/local/resources.ts';
import { cases } from '../cases.ts';
import { useFolder } from '../folder.ts';
import { run } from '../run.ts';
import { FIRST_GENERATION } from '../tables/databases.ts';
import { wranglerIn } from '../wrangler.ts';
import { DATABASE, type Reply, type Result, startD1, type TestDatabase } from './d1.ts';

const SLOW = { timeout: 120_000 };
const { id, name } = DATABASE;
/** A database of the first generation. */
const OLD = { id: 'aaaaaaaa-7a0e-4c5b-9e9a-0d1f00c0ffee', name: 'old' };
const CONFIG = `name = "w"
compatibility_date = "2026-04-26"
[[d1_databases]]
binding = "DB"
database_name = "${name}"
database_id = "${id}"
[[d1_databases]]
binding = "OLD"
database_name = "${OLD.name}"
database_id = "${OLD.id}"
migrations_dir = "goblin"
`;

const folder = useFolder();
let d1: TestDatabase;
let wrangler: (...args: string[]) => Promise<string>;
beforeAll(async () => {
  d1 = await startD1({
    stateDir: join(folder, '.wrangler', 'state'),
    databases: [DATABASE, OLD],
    spareDatabases: 1,
  });
  const runWrangler = wranglerIn({
    folder,
    env: {
      CLOUDFLARE_API_BASE_URL: d1.engine.apiUrl,
      CLOUDFLARE_API_TOKEN: d1.engine.token,
      CLOUDFLARE_ACCOUNT_ID: LOCAL_ACCOUNT_ID,
    },
  });
  wrangler = async (...args) => String(await runWrangler('d1', ...args));
  await file('wrangler.toml', CONFIG);
  await mkdir(join(folder, 'migrations'));
  await cp('worker/migrations', join(folder, 'goblin'), { recursive: true });
  await cp('worker/schema.sql', join(folder, 'schema.sql'));
});
afterAll(async () => {
  await d1.engine.dispose();
});

const file = (path: string, text: string) => writeFile(join(folder, path), text);
const execute = (...args: string[]) => wrangler('execute', name, '--json', ...args);
/** The rows of each statement that `execute --json` printed. */
const rowsIn = (json: string) =>
  (JSON.parse(json.slice(json.indexOf('['))) as { results: unknown }[]).map((each) => each.results);

it('wrangler executes commands and files', SLOW, async () => {
  await file('f.sql', "CREATE TABLE f (a); -- ;\nINSERT INTO f VALUES ('x;');\n");
  await execute('--remote', '--file', 'f.sql', '--yes');
  const json = await execute('--remote', '--command', "SELECT a FROM f; SELECT ';' AS b");
  expect(rowsIn(json)).toEqual([[{ a: 'x;' }], [{ b: ';' }]]);
  await file('half.sql', 'CREATE TABLE half (a); INSERT INTO nope VALUES (1);');
  const half = execute('--remote', '--file', 'half.sql', '--yes');
  await expect(half).rejects.toThrow('no such table: nope');
  const wrong = execute('--remote', '--command', 'SELECT * FROM half');
  await expect(wrong).rejects.toThrow('[code: 7500]');
});

it('wrangler applies migrations and lists what is left', SLOW, async () => {
  await file('migrations/0001_one.sql', '-- Migration number: 0001\r\nCREATE TABLE one (a);\r\n');
  await file('migrations/0002_two.sql', 'CREATE TABLE two (a); INSERT INTO nope VALUES (1);');
  await expect(wrangler('migrations', 'apply', name, '--remote')).rejects.toThrow('no such table');
  const left = await wrangler('migrations', 'list', name, '--remote');
  expect(left).not.toContain('0001_one.sql');
  expect(left).toContain('0002_two.sql');
  const tables = await d1.rows("SELECT name FROM sqlite_schema WHERE name IN ('one', 'two')");
  expect(tables).toEqual([{ name: 'one' }]);
  expect(await d1.rows('SELECT name FROM d1_migrations')).toEqual([{ name: '0001_one.sql' }]);
});

it('wrangler exports, informs, lists, creates and deletes', SLOW, async () => {
  await d1.query({ sql: "CREATE TABLE kept (a); INSERT INTO kept VALUES ('it''s\nkept')" });
  await wrangler('export', name, '--remote', '--table', 'kept', '--output', 'out.sql');
  expect(await readFile(join(folder, 'out.sql'), 'utf8')).toBe(
    `PRAGMA defer_foreign_keys=TRUE;
CREATE TABLE kept (a);
INSERT INTO "kept" ("a") VALUES('it''s
kept');
`,
  );
  const info = JSON.parse(await wrangler('info', name, '--json'));
  expect(info).toMatchObject({ uuid: id, name, rows_read_24h: 0 });
  expect(info.database_size).toBeGreaterThan(4096);
  await wrangler('create', 'second');
  const listed = JSON.parse(await wrangler('list', '--json')) as { name: string }[];
  expect(listed.map((each) => each.name)).toEqual([name, OLD.name, 'second']);
  expect(await wrangler('time-travel', 'info', name)).toMatch(/bookmark is '[0-9a-f-]{59}'/);
  await wrangler('delete', 'second', '--skip-confirmation');
  const left = (await (await d1.send('GET', '')).json()) as Reply<{ name: string }[]>;
  expect(left.result.map((each) => each.name)).toEqual([name, OLD.name]);
});

it('wrangler --local and the API see what the other wrote', SLOW, async () => {
  await d1.query({ sql: "CREATE TABLE shared (a); INSERT INTO shared VALUES ('by the API')" });
  const sql = "INSERT INTO shared VALUES ('by wrangler'); SELECT a FROM shared";
  const [, rows] = rowsIn(await execute('--local', '--command', sql));
  expect(rows).toEqual([{ a: 'by the API' }, { a: 'by wrangler' }]);
  expect(await d1.rows('SELECT a FROM shared')).toEqual(rows);
});

it('wrangler and goblin each go on where the other one stopped', SLOW, async () => {
  const env = { GOBLIN_DATABASE: name };
  const migrate = () => run('d1 migrate --yes', { engine: d1.engine, cwd: folder, env });
  await file('migrations/0002_two.sql', 'CREATE TABLE two (a)');
  expect((await migrate()).code).toBe(0);
  await file('migrations/0003_three.sql', 'CREATE TABLE three (a);');
  await wrangler('migrations', 'apply', name, '--remote');
  await file("migrations/0004_it's.sql", 'CREATE TABLE four (a);');
  const { code, stdout } = await migrate();
  expect(code).toBe(0);
  expect(stdout).not.toContain('0003');
  expect(await wrangler('migrations', 'list', name, '--remote')).toContain(
    'No migrations to apply',
  );
  expect(await d1.rows('SELECT id, name FROM d1_migrations')).toEqual([
    { id: 1, name: '0001_one.sql' },
    { id: 2, name: '0002_two.sql' },
    { id: 3, name: '0003_three.sql' },
    { id: 4, name: "0004_it's.sql" },
  ]);
});

describe("goblin's migrations", SLOW, () => {
  /** Each start of wrangler takes more than a second of computing: both places in the long suite alone. */
  const places = (...all: string[]) => all.slice(0, cases(1, 2));
  const old = async (sql: string) => {
    const reply = await d1.send('POST', `/${OLD.id}/query`, { sql });
    return ((await reply.json()) as Reply<Result[]>).result.map(({ results }) => results);
  };
  const names = async () => {
    const [tables] = await old(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    );
    return tables.map(({ name: table }: { name: string }) => table) as string[];
  };
  beforeEach(async () => {
    for (const table of await names()) await old(`DROP TABLE "${table}"`);
    await old(FIRST_GENERATION);
  });

  it.each(places('--remote', '--local'))(
    'are applied to a database of the first generation with %s',
    async (where) => {
      await wrangler('migrations', 'apply', OLD.name, where);
      expect(
        await old('SELECT name, version FROM feature_flags; SELECT actor FROM audit_logs'),
      ).toMatchObject([{ length: 5 }, [{ actor: 'u_1' }, { actor: null }, { actor: 'u_2' }]]);
      expect(await wrangler('migrations', 'list', OLD.name, where)).toContain(
        'No migrations to apply',
      );
    },
  );

  it.each(places('--local', '--remote'))(
    'are in schema.sql, after which none is left with %s',
    async (where) => {
      await wrangler('execute', OLD.name, where, '--file', 'schema.sql', '--yes');
      expect(await names()).toContain('feature_flag_changes');
      expect(await wrangler('migrations', 'list', OLD.name, where)).toContain(
        'No migrations to apply',
      );
    },
  );
});
