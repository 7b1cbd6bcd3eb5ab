/**
 * How far a database is: which migrations it has, whether their files are still those that were applied, and what
 * of a migration is there without its record.
 *
 * wrangler records the names of applied migrations only. goblin also keeps the checksum of each file that it
 * applies, in the table `goblin_migrations (name, checksum)`, which wrangler does not touch.
 */
import type { D1Statement } from '../api/d1-shapes.ts';
import type { MigrationFile, Migrations } from '../config/migrations.ts';
import { fromSqlTime } from '../tables/sql-time.ts';
import { type Adoption, type ColumnInfo, planAdoption } from './adopt.ts';
import { bundled } from './bundled.ts';
import type { D1Database } from './database.ts';
import { FIRST_GENERATION } from './first-generation.ts';
import { addedColumns, type Schema, type Work, workOf } from './half-applied.ts';
import { type Applied, type MigrationRow, rowsOf } from './migration-rows.ts';
import { quoteName } from './quote.ts';

export const CHECKSUMS = 'goblin_migrations';
/** The migration that makes the tables of the first generation, and so tells goblin's files from others. */
const FIRST_FILE = '0001_first_generation.sql';

export interface DatabaseState {
  /** The table in which migrations are recorded. */
  table: string;
  schema: Schema;
  /** In the order in which migrations are applied. */
  rows: MigrationRow[];
  /** What is left to do, in order. */
  pending: { file: MigrationFile; work: Work }[];
  /** What the tables need before goblin's migrations fit; nothing in it where they fit. */
  adoption: Adoption;
  /** The first of goblin's own migrations, where it is among the files. */
  first: MigrationFile | undefined;
}

export const filesOf = ({ folder }: Migrations): readonly MigrationFile[] =>
  folder?.files ?? bundled;

/** Reads schema and records, by two requests. */
export async function readState(
  database: D1Database,
  migrations: Migrations,
): Promise<DatabaseState> {
  const files = filesOf(migrations);
  const { table } = migrations;
  const schema = await readSchema(database, files, table);
  const { schema: known, applied, checksums } = schema;
  const names = new Set(applied.map(({ name }) => name));
  const left = files.filter(({ name }) => !names.has(name));
  const first = files.find(({ name }) => name === FIRST_FILE);
  return {
    table,
    schema: known,
    rows: rowsOf(files, applied, checksums),
    pending: left.map((file) => ({ file, work: workOf(file.sql, known) })),
    adoption: first ? adoptionOf(known, left) : { before: [], after: [], notes: [] },
    first,
  };
}

async function readSchema(database: D1Database, files: readonly MigrationFile[], table: string) {
  const { rows: entries } = await database.query(
    'SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL',
  );
  const schema: Schema = { entries: new Map(), columns: new Map() };
  for (const { name, sql } of entries) schema.entries.set(String(name), String(sql));
  const altered = files.flatMap(({ sql }) => addedColumns(sql).map((added) => added.table));
  const looked = [...new Set([...Object.keys(FIRST_GENERATION), ...altered])].filter((name) =>
    schema.entries.has(name),
  );
  const ask: D1Statement[] = looked.map((name) => ({
    sql: `PRAGMA table_xinfo(${quoteName(name)})`,
  }));
  for (const each of [table, CHECKSUMS]) if (schema.entries.has(each)) ask.push(recordsIn(each));
  const answers = await database.batch(ask);
  looked.forEach((name, index) => {
    schema.columns.set(name, (answers[index]?.rows ?? []) as unknown as ColumnInfo[]);
  });
  const records = answers.slice(looked.length).map(({ rows }) => rows);
  const applied = schema.entries.has(table) ? (records.shift() ?? []) : [];
  const checksums = schema.entries.has(CHECKSUMS) ? (records.shift() ?? []) : [];
  return {
    schema,
    applied: applied.map(appliedOf),
    checksums: new Map(checksums.map(({ name, checksum }) => [String(name), String(checksum)])),
  };
}

const recordsIn = (table: string): D1Statement => ({ sql: `SELECT * FROM ${quoteName(table)}` });

const appliedOf = ({ name, applied_at }: Record<string, unknown>): Applied => ({
  name: String(name),
  applied_at: fromSqlTime(applied_at),
});

/** Whether the database has a record of that migration. */
export async function isRecorded(
  database: D1Database,
  table: string,
  name: string,
): Promise<boolean> {
  const found = await database.query(
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
    [table],
  );
  if (found.rows.length === 0) return false;
  const record = await database.query(`SELECT 1 FROM ${quoteName(table)} WHERE name = ?`, [name]);
  return record.rows.length > 0;
}

/**
 * A table with every column of the first generation may have columns that a half-applied migration added. They
 * are no columns of another shape's own, so the plan does not see them.
 */
function adoptionOf(schema: Schema, left: readonly MigrationFile[]): Adoption {
  const added = left.flatMap(({ sql }) => addedColumns(sql));
  const tables = new Map<string, readonly ColumnInfo[]>();
  for (const name of schema.entries.keys()) tables.set(name, schema.columns.get(name) ?? []);
  for (const [table, first] of Object.entries(FIRST_GENERATION)) {
    const columns = schema.columns.get(table) ?? [];
    const has = (name: string) => columns.some((column) => column.name.toLowerCase() === name);
    if (!Object.keys(first).every(has)) continue;
    const isOurs = ({ name, type }: ColumnInfo) =>
      added.some((each) => each.table === table && each.column === name && each.type === type);
    tables.set(
      table,
      columns.filter((column) => !isOurs(column)),
    );
  }
  return planAdoption(tables);
}
