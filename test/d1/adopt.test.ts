import { beforeEach, describe, expect, it } from 'vitest';
import { migrationFiles, schemaText } from '../../scripts/schema.ts';
import { type Adoption, type ColumnInfo, planAdoption } from '../../src/d1/adopt.ts';
import { ADDED, FIRST_GENERATION as FIRST } from '../../src/d1/first-generation.ts';
import { auditRow, insertAudit, listAudit } from '../../src/tables/audit.ts';
import { changeFlag } from '../../src/tables/flag-changes.ts';
import { flagOf, readFlags } from '../../src/tables/flags.ts';
import { useD1 } from '../local/d1.ts';
import { FIRST_GENERATION, LATER_VARIANT } from '../tables/databases.ts';

const d1 = useD1();

const tableNames = async () =>
  (
    await d1.rows(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
    )
  ).map(({ name }) => String(name));
beforeEach(async () => {
  for (const name of await tableNames()) await d1.query({ sql: `DROP TABLE ${name}` });
});

async function plan(): Promise<Adoption> {
  const tables = (await tableNames()).map(async (name) => {
    const columns = await d1.rows(`PRAGMA table_info(${name})`);
    return [name, columns as unknown as ColumnInfo[]] as const;
  });
  return planAdoption(new Map(await Promise.all(tables)));
}

async function adopt(sql: string): Promise<Adoption> {
  await d1.query({ sql });
  const adoption = await plan();
  await d1.query({ sql: [...adoption.before, schemaText(), ...adoption.after].join(';\n') });
  return adoption;
}

const flags = async () => {
  const rows = (await d1.query({ batch: [readFlags()] }))[0]?.results.map(flagOf);
  return Object.fromEntries(
    rows.map((flag: { name: string; value: unknown }) => [flag.name, flag.value]),
  );
};

describe('planAdoption', () => {
  it('has nothing to do where the migrations know what they find', async () => {
    const nothing = { before: [], after: [], notes: [] };
    expect(await plan()).toEqual(nothing);
    await d1.query({ sql: FIRST_GENERATION });
    expect(await plan()).toEqual(nothing);
    await d1.query({ sql: schemaText() });
    expect(await plan()).toEqual(nothing);
  });

  it('extends the tables of a later variant, which still has all it had', async () => {
    await d1.query({ sql: LATER_VARIANT });
    const before = {
      flags: await d1.rows('SELECT key, value FROM feature_flags'),
      audit: await d1.rows('SELECT id, event_type, user_id, metadata, created_at FROM audit_logs'),
    };
    const { before: first, notes } = await plan();
    expect(notes).toHaveLength(2);
    await d1.query({ sql: [...first, schemaText()].join(';\n') });
    expect(await d1.rows('SELECT key, value FROM feature_flags')).toEqual(before.flags);
    expect(
      await d1.rows('SELECT id, event_type, user_id, metadata, created_at FROM audit_logs'),
    ).toEqual(before.audit);
    expect(await d1.rows('SELECT model FROM inference_logs')).toEqual([{ model: 'gpt-4' }]);
    expect(await flags()).toEqual({ api_enabled: true, new_ui_enabled: false, odd: false });
  });

  it('lets the new code work on what was extended', async () => {
    await adopt(LATER_VARIANT);
    const to = { value: 25, timer: null, description: null, owner: null, permanent: false };
    const change = { name: 'new', expected: null, from: null, to, changed_by: null, reason: null };
    const again = { ...change, expected: 1, from: to, to: { ...to, value: 30 } };
    await d1.query({ batch: [...changeFlag(change), ...changeFlag(again)] });
    expect(await flags()).toMatchObject({ new: 30, api_enabled: true });
    await d1.query({ batch: [insertAudit([{ actor: 'a', action: 'new', source: 'cli' }])] });
    const page = listAudit({ since: Date.UTC(2026, 0, 1), limit: 9 });
    const rows = (await d1.query({ batch: [page] }))[0]?.results.map(auditRow);
    expect(rows).toMatchObject([
      { action: 'new', actor: 'a' },
      { action: null, timestamp: null },
      { action: 'login', actor: 'u_1', details: { a: 1 }, timestamp: Date.UTC(2026, 0, 1, 10) },
    ]);
  });

  it.each([
    ['has a column that the migrations add', 'key TEXT PRIMARY KEY, value TEXT, owner TEXT'],
    ['has a column that must not be null', 'key TEXT NOT NULL, value TEXT'],
    ['has its names where the new name is', 'name TEXT, value TEXT'],
  ])('sets a table aside that %s, and copies its rows', async (_, columns) => {
    const { notes } = await adopt(`CREATE TABLE feature_flags (${columns});
      INSERT INTO feature_flags SELECT ${columns.split(',').map((_column, index) => ["'a'", "'on'", "'x'"][index])}`);
    expect(notes).toEqual([expect.stringContaining('feature_flags_before_goblin')]);
    expect(await flags()).toEqual({ a: true });
    expect(await d1.rows('SELECT value FROM feature_flags_before_goblin')).toEqual([
      { value: 'on' },
    ]);
  });

  it('sets a log aside that has no id, under a name that is free', async () => {
    await adopt(`CREATE TABLE audit_logs (event_type TEXT, metadata TEXT, "userId" TEXT);
      CREATE TABLE audit_logs_before_goblin (a);
      INSERT INTO audit_logs VALUES ('login', '{}', 'u'), (NULL, 'x', NULL)`);
    expect(await d1.rows('SELECT action, details, actor FROM audit_logs')).toEqual([
      { action: 'login', details: '{}', actor: 'u' },
    ]);
    expect(await d1.rows('SELECT count(*) AS n FROM audit_logs_before_goblin_2')).toEqual([
      { n: 2 },
    ]);
  });

  it('copies nothing from a table that means something else', async () => {
    const { after } = await adopt('CREATE TABLE user_preferences (color TEXT NOT NULL)');
    expect(after).toEqual([]);
  });
});

it('what the plan takes for granted is what the migrations say', async () => {
  const [first] = migrationFiles();
  await d1.query({ sql: first?.sql ?? '' });
  const columns = async () => {
    const names = Object.keys(FIRST).map(async (table) => {
      const rows = await d1.rows(`PRAGMA table_xinfo(${table})`);
      return [table, rows.map(({ name }) => name)] as const;
    });
    return Object.fromEntries(await Promise.all(names));
  };
  const before = await columns();
  for (const [table, names] of Object.entries(before)) {
    expect(names).toEqual(Object.keys(FIRST[table] ?? {}));
  }
  await d1.query({ sql: migrationFiles()[1]?.sql ?? '' });
  for (const [table, names] of Object.entries(await columns())) {
    expect(names.slice(before[table]?.length).sort()).toEqual([...(ADDED[table] ?? [])].sort());
  }
});
