/** The migrations on the databases that are found out there, by every way in which they can be applied. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  BUNDLED_FILE,
  bundledText,
  migrationFiles,
  SCHEMA_FILE,
  schemaText,
} from '../../scripts/schema.ts';
import { bundled } from '../../src/d1/bundled.ts';
import { useD1 } from '../local/d1.ts';
import { FIRST_COLUMNS, FIRST_GENERATION, LATER_VARIANT } from './databases.ts';

const d1 = useD1();

/** As both wrangler and goblin apply them: each file with its record in one transaction. */
async function migrate(): Promise<void> {
  await d1.query({
    sql: `CREATE TABLE IF NOT EXISTS "d1_migrations"(id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);`,
  });
  for (const { name, sql } of migrationFiles()) {
    await d1.query({ sql: `${sql}\nINSERT INTO "d1_migrations" (name) values ('${name}');` });
  }
}

const runSchema = async () => {
  await d1.query({ sql: schemaText() });
};

async function reset(sql: string): Promise<void> {
  const tables = await d1.rows(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
  );
  for (const { name } of tables) await d1.query({ sql: `DROP TABLE "${name}"` });
  if (sql) await d1.query({ sql });
}

const schema = () =>
  d1.rows("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name");

async function firstRows(): Promise<unknown> {
  const tables = Object.entries(FIRST_COLUMNS).map(async ([table, columns]) => [
    table,
    await d1.rows(`SELECT ${columns} FROM ${table} ORDER BY 1`),
  ]);
  return Object.fromEntries(await Promise.all(tables));
}

describe.each([
  ['wrangler or goblin applies the migrations', migrate],
  ['schema.sql is executed', runSchema],
])('where %s', (_, apply) => {
  it('a new database has all tables and nothing in them', async () => {
    await reset('');
    await apply();
    const names = (await schema()).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'user_preferences',
        'audit_logs',
        'feature_flags',
        'feature_flag_changes',
        'api_usage',
        'd1_migrations',
      ]),
    );
    expect(names).not.toContain('sessions');
    for (const table of ['user_preferences', 'audit_logs', 'feature_flags', 'api_usage']) {
      expect(await d1.rows(`SELECT * FROM ${table}`)).toEqual([]);
    }
    expect(await d1.rows('SELECT name FROM d1_migrations ORDER BY id')).toEqual(
      migrationFiles().map(({ name }) => ({ name })),
    );
  });

  it('a database of the first generation keeps every row and column', async () => {
    await reset(FIRST_GENERATION);
    const before = await firstRows();
    await apply();
    expect(await firstRows()).toEqual(before);
    expect(await d1.rows('SELECT name, version FROM feature_flags WHERE enabled = 1')).toEqual([
      { name: 'api_enabled', version: 0 },
      { name: 'rate_limiting_enabled', version: 0 },
      { name: 'beta_chat', version: 0 },
    ]);
    expect(await d1.rows('SELECT actor, ip FROM audit_logs WHERE id = 1')).toEqual([
      { actor: 'u_1', ip: '203.0.113.9' },
    ]);
  });

  it('a Worker of the first generation goes on as before', async () => {
    await reset(FIRST_GENERATION);
    await apply();
    await d1.query({
      sql: `INSERT INTO audit_logs (user_id, action, details, ip_address, user_agent) VALUES ('u', 'a', '{}', 'i', 'b');
        INSERT INTO api_usage (user_id, endpoint, tokens_used, cost_usd) VALUES ('u', '/chat', 1, 0.1), ('u', '/chat', 1, 0.1);
        INSERT OR REPLACE INTO feature_flags (flag_name, enabled, rollout_percentage) VALUES ('x', 1, 10);
        INSERT OR REPLACE INTO user_preferences (user_id, theme) VALUES ('u', 'dark')`,
    });
    expect(await d1.rows('SELECT flag_name, enabled FROM feature_flags')).toContainEqual({
      flag_name: 'x',
      enabled: 1,
    });
  });

  it('a second time changes nothing', async () => {
    await reset('');
    await apply();
    const before = await schema();
    await expect(apply()).rejects.toThrow();
    expect(await schema()).toEqual(before);
  });

  it('a database of another shape is left as it was', async () => {
    await reset(LATER_VARIANT);
    const before = (await d1.rows('SELECT * FROM audit_logs')).length;
    await expect(apply()).rejects.toThrow('no such column');
    expect(await d1.rows('SELECT * FROM feature_flags')).toContainEqual({
      key: 'api_enabled',
      value: 'true',
    });
    const columns = (await d1.rows('PRAGMA table_info(audit_logs)')).map(({ name }) => name);
    expect(columns).toEqual(['id', 'event_type', 'user_id', 'metadata', 'created_at']);
    expect(await d1.rows('SELECT * FROM audit_logs')).toHaveLength(before);
  });
});

describe('the files', () => {
  it('are numbered as wrangler numbers them, without a gap', () => {
    const files = migrationFiles();
    expect(files.length).toBeGreaterThan(1);
    files.forEach(({ name, sql }, index) => {
      const number = String(index + 1).padStart(4, '0');
      expect(name).toMatch(new RegExp(`^${number}_[a-z0-9_]+\\.sql$`));
      expect(sql).toMatch(
        new RegExp(`^-- Migration number: ${number} \\t \\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z\\n`),
      );
    });
  });

  it('are what schema.sql and the package hold: `npm run schema` writes both', () => {
    expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(schemaText());
    expect(readFileSync(BUNDLED_FILE, 'utf8')).toBe(bundledText());
    expect(bundled).toEqual(migrationFiles());
  });
});
