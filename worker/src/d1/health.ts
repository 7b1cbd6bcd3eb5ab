/** The part of `GET /_goblin/health` about D1. */
import { droppedCounts } from '../dropped.ts';
import { auditOutbox } from './audit.ts';
import { ask, failureOf } from './database.ts';
import { usageOutbox } from './usage.ts';

/** The column of each table that only the newest schema has, or that every one has. */
const NEEDED = {
  user_preferences: 'extra',
  audit_logs: 'source',
  feature_flags: 'version',
  api_usage: 'day',
};

/** The schema as it is, and what this isolate has not written. */
export async function describeDatabase(db: D1Database) {
  const { usage = {}, audit = {} } = droppedCounts();
  return {
    ...(await describeSchema(db).catch((error) => ({ problem: failureOf(error) }))),
    usage: { ...usageOutbox.state(), lost: usage },
    audit: { ...auditOutbox.state(), lost: audit },
  };
}

/** The last migration that is recorded, and what is missing: `table`, or `table.column`. */
async function describeSchema(db: D1Database) {
  const tables = [...Object.keys(NEEDED), 'd1_migrations'];
  const infos = await ask(
    db,
    tables.map((table) => ({ sql: `PRAGMA table_info(${table})`, params: [] })),
  );
  const columns = infos.map(({ results }) => results.map(({ name }) => name));
  const missing = Object.entries(NEEDED).flatMap(([table, column], i) => {
    if (columns[i]?.includes(column)) return [];
    return columns[i]?.length ? `${table}.${column}` : table;
  });
  return { migration: columns[4]?.length ? await lastMigration(db) : null, missing };
}

async function lastMigration(db: D1Database) {
  const sql = 'SELECT name FROM d1_migrations ORDER BY id DESC LIMIT 1';
  const [result] = await ask(db, [{ sql, params: [] }]);
  return result?.results[0]?.name ?? null;
}
