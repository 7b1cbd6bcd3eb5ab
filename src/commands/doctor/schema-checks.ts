/** Checks of the D1 database: its migrations, indexes, and what the first generation left. */
import type { Context } from '../../context.ts';
import type { ColumnInfo } from '../../d1/adopt.ts';
import { bundled } from '../../d1/bundled.ts';
import { FIRST_GENERATION } from '../../d1/first-generation.ts';
import { addedColumns, createdIndexes } from '../../d1/half-applied.ts';
import type { MigrationRow } from '../../d1/migration-rows.ts';
import { filesOf, readState } from '../../d1/migration-state.ts';
import { plural } from '../../text/plural.ts';
import { type Check, type Finding, ok, skipped, warning } from './check.ts';

const ADDED_COLUMNS = bundled.flatMap(({ sql }) => addedColumns(sql));

async function stateOf(context: Context) {
  const migrations = await (await context.config()).migrations();
  const state = await readState(await context.database(), migrations);
  return { ...state, files: filesOf(migrations) };
}

async function version(context: Context): Promise<Finding> {
  const { rows } = await stateOf(context);
  const named = (state: MigrationRow['state']) =>
    rows.filter((row) => row.state === state).map(({ migration }) => migration);
  const wrong = rows.filter(({ state }) => ['changed', 'renamed', 'missing'].includes(state));
  if (wrong.length > 0) {
    const names = wrong.map(({ migration, state }) => `${migration} (${state})`).join(', ');
    return warning(`not the files that were applied: ${names}`, '`goblin d1 status` shows each.');
  }
  const pending = named('pending');
  if (pending.length > 0) {
    return warning(`pending migrations: ${pending.join(', ')}`, 'Run `goblin d1 migrate`.');
  }
  return ok(`${plural(rows.length, 'migration', 'migrations')}, all applied`);
}

/** Of migrations that are applied: a database without an index answers, but reads far more rows. */
async function indexes(context: Context): Promise<Finding> {
  const { rows, schema, files } = await stateOf(context);
  const isApplied = ({ name }: { name: string }) =>
    rows.some(({ migration, state }) => migration === name && state === 'applied');
  const wanted = files.filter(isApplied).flatMap(({ sql }) => createdIndexes(sql));
  const missing = wanted.filter(({ name }) => !schema.entries.has(name));
  if (missing.length === 0) return ok(`${plural(wanted.length, 'index', 'indexes')}, none missing`);
  const [first] = missing;
  return warning(
    `missing indexes: ${missing.map(({ name }) => name).join(', ')}`,
    `Make each again, as in: goblin d1 query --write '${first?.sql}'`,
  );
}

/** Columns of the first generation without those that goblin adds, or of another shape altogether. */
async function columns(context: Context): Promise<Finding> {
  const { schema, adoption } = await stateOf(context);
  if (adoption.notes.length > 0) {
    return warning(
      adoption.notes.join('; '),
      '`goblin d1 adopt --dry-run` shows what would be done.',
    );
  }
  const old = Object.keys(FIRST_GENERATION).filter((table) => {
    const found = schema.columns.get(table);
    return found && lacksAdded(table, found);
  });
  if (old.length === 0) return ok('the tables have the columns that goblin uses');
  return warning(
    `first-generation columns only: ${old.join(', ')}`,
    'Run `goblin d1 migrate`: it adds what is missing and keeps every row.',
  );
}

function lacksAdded(table: string, found: readonly ColumnInfo[]): boolean {
  const names = new Set(found.map(({ name }) => name));
  return ADDED_COLUMNS.some((added) => added.table === table && !names.has(added.column));
}

/** The first generation's table `sessions` holds tokens as they are; sessions live in KV. */
async function plainTokens(context: Context): Promise<Finding> {
  const database = await context.database();
  const { rows: found } = await database.query('PRAGMA table_info(sessions)');
  const names = found.map(({ name }) => String(name));
  if (!names.includes('session_token')) return skipped('there is no table of sessions');
  const { rows } = await database.query(
    'SELECT count(*) AS n FROM (SELECT 1 FROM sessions WHERE session_token IS NOT NULL LIMIT 1000)',
  );
  const count = Number(rows[0]?.n ?? 0);
  if (count === 0) return ok('the table sessions holds no tokens');
  const many = count === 1000 ? '1,000 or more tokens' : plural(count, 'token', 'tokens');
  return warning(
    `the table sessions holds ${many} in plain text, which no Worker uses`,
    "Sessions live in KV. Clear it: goblin d1 query --write 'DELETE FROM sessions'",
  );
}

export const schemaChecks: readonly Check[] = [
  { name: 'schema version', needs: ['database'], run: version },
  { name: 'indexes', needs: ['database'], run: indexes },
  { name: 'columns', needs: ['database'], run: columns },
  { name: 'tokens in D1', needs: ['database'], run: plainTokens },
];
