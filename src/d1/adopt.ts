/**
 * Makes a database that goblin does not know ready for the migrations. They expect the tables of the first
 * generation, or none of those names. A table with other columns gets the missing ones, filled from columns that
 * mean the same; where that cannot work, it is set aside under another name and its rows are copied afterwards.
 * Nothing is dropped and no value is changed.
 */
import { ADDED, FIRST_GENERATION, SYNONYMS } from './first-generation.ts';
import { quoteName } from './quote.ts';

/** A row of `PRAGMA table_info`, or of `table_xinfo`, which lists generated columns too. */
export interface ColumnInfo {
  name: string;
  type: string;
  notnull: number;
  dflt_value: unknown;
  pk: number;
}

export interface Adoption {
  /** To run before the migrations, as one batch. */
  before: string[];
  /** To run after them, as one batch. */
  after: string[];
  /** What a person should know of each table that is touched. */
  notes: string[];
}

type Columns = readonly ColumnInfo[];

const has = (columns: Columns, name: string) =>
  columns.some((column) => column.name.toLowerCase() === name.toLowerCase());

/** What has to be done; nothing for a new database, one of the first generation, and one that is migrated. */
export function planAdoption(tables: ReadonlyMap<string, Columns>): Adoption {
  const plan: Adoption = { before: [], after: [], notes: [] };
  if (tables.has('feature_flag_changes')) return plan;
  for (const [table, first] of Object.entries(FIRST_GENERATION)) {
    const columns = tables.get(table);
    if (!columns) continue;
    const missing = Object.keys(first).filter((name) => !has(columns, name));
    const obstacle = obstacleOf(table, columns, missing);
    if (obstacle !== null) setAside(plan, tables, table, obstacle);
    else if (missing.length > 0) extend(plan, table, columns, missing);
  }
  return plan;
}

/** Why a table cannot be extended where it is, or null where it can. */
function obstacleOf(table: string, columns: Columns, missing: readonly string[]): string | null {
  const first = FIRST_GENERATION[table] ?? {};
  const taken = (ADDED[table] ?? []).find((name) => has(columns, name));
  if (taken !== undefined) return `it has a column ${taken} of its own`;
  const demanding = columns.find(
    ({ name, notnull, dflt_value }) => notnull && dflt_value === null && !(name in first),
  );
  if (demanding) return `its column ${demanding.name} must not be null`;
  const key = missing.find((name) => first[name]?.key);
  if (key === undefined) return null;
  return key !== 'id' && sourceOf(key, columns) !== undefined ? null : `it has no ${key}`;
}

function extend(plan: Adoption, table: string, columns: Columns, missing: readonly string[]): void {
  for (const name of missing) {
    const { type, key } = FIRST_GENERATION[table]?.[name] ?? { type: 'TEXT' };
    plan.before.push(`ALTER TABLE ${table} ADD COLUMN ${name} ${type}`);
    const source = sourceOf(name, columns);
    if (source !== undefined) plan.before.push(`UPDATE ${table} SET ${name} = ${source}`);
    if (key) plan.before.push(`CREATE UNIQUE INDEX ${table}_${name} ON ${table} (${name})`);
  }
  plan.notes.push(`${table}: gets the columns ${missing.join(', ')}; all that it has stays`);
}

function setAside(
  plan: Adoption,
  tables: ReadonlyMap<string, Columns>,
  table: string,
  obstacle: string,
): void {
  const columns = tables.get(table) ?? [];
  const aside = freeName(tables, `${table}_before_goblin`);
  plan.before.push(`ALTER TABLE ${table} RENAME TO ${aside}`);
  const first = FIRST_GENERATION[table] ?? {};
  const names = Object.keys(first).filter((name) => name !== 'id');
  const sources = names.map((name) =>
    has(columns, name) ? quoteName(name) : sourceOf(name, columns),
  );
  const copied = names.filter((_, index) => sources[index] !== undefined);
  const needed = names.filter((name) => first[name]?.key || first[name]?.needed);
  plan.notes.push(
    `${table}: ${obstacle}, so it becomes ${aside}; Workers that use it must be told`,
  );
  if (copied.length === 0 || needed.some((name) => !copied.includes(name))) return;
  const found = sources.filter((source) => source !== undefined);
  const complete = needed.map((name) => `${sources[names.indexOf(name)]} IS NOT NULL`);
  plan.after.push(
    `INSERT INTO ${table} (${copied.join(', ')}) SELECT ${found.join(', ')} FROM ${aside}` +
      (complete.length > 0 ? ` WHERE ${complete.join(' AND ')}` : ''),
  );
}

/** The expression that has the value of a column in a table that calls it otherwise. */
function sourceOf(name: string, columns: Columns): string | undefined {
  const synonym = SYNONYMS[name]?.find(({ column }) => has(columns, column));
  return synonym && (synonym.expression ?? quoteName(synonym.column));
}

function freeName(tables: ReadonlyMap<string, Columns>, name: string): string {
  let free = name;
  for (let number = 2; tables.has(free); number++) free = `${name}_${number}`;
  return free;
}
