/** What is in a database: its tables without those that the engine keeps there for itself. */
import { type Outcome, runAll, runOne, type Statement } from './run.ts';

export const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Tables of the engine's own, which no statement may touch, and tables of SQLite. */
export const isInternal = (name: string) => /^(_cf_|sqlite_)/i.test(name);

export interface SchemaEntry {
  type: string;
  name: string;
  sql: string;
}

/** All that was created, tables first, each kind in the order in which it was created. */
export async function schemaOf(database: D1Database): Promise<SchemaEntry[]> {
  const { rows } = await runOne(
    database,
    `SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL
      ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid`,
  );
  return rows
    .map(([type, name, sql]) => ({ type: String(type), name: String(name), sql: String(sql) }))
    .filter(({ name }) => !isInternal(name));
}

export async function measure(database: D1Database): Promise<{ tables: number; bytes: number }> {
  const { rows, meta } = await runOne(
    database,
    `SELECT count(*) FROM sqlite_schema
      WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
  );
  return { tables: Number(rows[0]?.[0]), bytes: meta.size_after };
}

/** Drops everything in spite of foreign keys: virtual tables first, which drop their own tables. */
export async function emptyDatabase(database: D1Database): Promise<void> {
  const entries = (await schemaOf(database)).filter(({ type }) => /^(table|view)$/.test(type));
  const virtual = entries.filter(({ sql }) => isVirtual(sql));
  const views = entries.filter(({ type }) => type === 'view');
  const tables = entries.filter(({ type, sql }) => type === 'table' && !isVirtual(sql));
  const drops = [...virtual, ...views, ...tables.reverse()].map(
    ({ type, name }) => `DROP ${type} IF EXISTS ${quoteName(name)}`,
  );
  await runAll(
    database,
    ['PRAGMA defer_foreign_keys = ON', ...drops].map((sql) => ({ sql, params: [] })),
  );
}

export const isVirtual = (sql: string) => /^CREATE\s+VIRTUAL\s/i.test(sql);

/**
 * The answer without the engine's own tables, which Cloudflare does not have: rows that name one, where the
 * statement reads the schema. A count of the schema's rows still counts them.
 */
export function withoutInternals({ sql }: Statement, outcome: Outcome): Outcome {
  if (!/sqlite_(temp_)?(master|schema)|table_list/i.test(sql)) return outcome;
  const internal = (cell: unknown) => typeof cell === 'string' && /^_cf_[A-Z]+$/.test(cell);
  return { ...outcome, rows: outcome.rows.filter((row) => !row.some(internal)) };
}
