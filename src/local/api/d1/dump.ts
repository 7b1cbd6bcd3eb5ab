/** A database as SQL text that makes it again: what `export` gives and `import` takes. */
import { sqlFailure } from './request.ts';
import { runAll } from './run.ts';
import { isVirtual, quoteName, type SchemaEntry, schemaOf } from './schema.ts';

export interface DumpOptions {
  noSchema: boolean;
  noData: boolean;
  /** Only these, where any are named. */
  tables: readonly string[];
}

/**
 * All rows as they were at one moment. Values are written by SQLite itself, so that integers beyond those of
 * JavaScript and text with line ends or NUL come back as they were.
 */
export async function dumpSql(database: D1Database, options: DumpOptions): Promise<string> {
  const entries = (await schemaOf(database)).filter(
    ({ name }) => options.tables.length === 0 || options.tables.includes(name),
  );
  const tables = entries.filter(({ type }) => type === 'table');
  if (tables.some(({ sql }) => isVirtual(sql))) {
    throw sqlFailure('D1 Export error: cannot export databases with Virtual Tables (fts5)');
  }
  const data = options.noData ? [] : await dataOf(database, tables);
  const others = entries.filter(({ type }) => type !== 'table');
  return [
    'PRAGMA defer_foreign_keys=TRUE;',
    ...tables.flatMap(({ sql }, index) => [
      ...(options.noSchema ? [] : [`${sql};`]),
      ...(data[index] ?? []),
    ]),
    ...(options.noData ? [] : await sequences(database, tables)),
    ...(options.noSchema ? [] : others.map(({ sql }) => `${sql};`)),
    '',
  ].join('\n');
}

async function dataOf(database: D1Database, tables: readonly SchemaEntry[]): Promise<string[][]> {
  if (tables.length === 0) return [];
  const ask = (sql: string) => ({ sql, params: [] });
  const infos = await runAll(
    database,
    tables.map(({ name }) => ask(`PRAGMA table_info(${quoteName(name)})`)),
  );
  const columns = infos.map(({ columns: fields, rows }) =>
    rows.map((row) => quoteName(String(row[fields.indexOf('name')]))),
  );
  const selects = tables.map(({ name }, index) => {
    return `SELECT ${columns[index]?.map(literal).join(', ')} FROM ${quoteName(name)}`;
  });
  const outcomes = await runAll(database, selects.map(ask));
  return outcomes.map(({ rows }, index) => {
    const into = `${quoteName(tables[index]?.name ?? '')} (${columns[index]?.join(',')})`;
    return rows.map((row) => `INSERT INTO ${into} VALUES(${row.join(',')});`);
  });
}

/** `quote()` ends text at a NUL, so such text is written by its bytes. */
function literal(column: string): string {
  return `CASE WHEN typeof(${column}) = 'text' AND instr(${column}, char(0))
    THEN 'CAST(' || quote(CAST(${column} AS BLOB)) || ' AS TEXT)' ELSE quote(${column}) END`;
}

/** How far AUTOINCREMENT has counted, which the rows alone do not tell. */
async function sequences(database: D1Database, tables: readonly SchemaEntry[]): Promise<string[]> {
  const counting = tables.filter(({ sql }) => /\bAUTOINCREMENT\b/i.test(sql));
  if (counting.length === 0) return [];
  const [outcome] = await runAll(database, [
    { sql: 'SELECT name, quote(name), quote(seq) FROM sqlite_sequence', params: [] },
  ]);
  const names = new Set<unknown>(counting.map(({ name }) => name));
  const rows = outcome?.rows.filter(([name]) => names.has(name)) ?? [];
  return rows.flatMap(([, name, value]) => [
    `DELETE FROM sqlite_sequence WHERE name = ${name};`,
    `INSERT INTO sqlite_sequence (name, seq) VALUES(${name},${value});`,
  ]);
}
