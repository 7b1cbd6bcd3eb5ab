/** Large tables, filled by the database itself. */
import type { TestDatabase } from '../local/d1.ts';

const DAY_MS = 86_400_000;
/** Rows a statement: one statement may not take longer than a request. */
const AT_ONCE = 100_000;

const count = (rows: number) => `WITH RECURSIVE n (i) AS (
  SELECT CAST(? AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ? + ${rows})`;

async function fill(d1: TestDatabase, rows: number, sql: string): Promise<void> {
  for (let from = 0; from < rows; from += AT_ONCE) {
    const statement = count(Math.min(AT_ONCE, rows - from));
    await d1.query({ sql: `${statement} ${sql}`, params: [from, from] });
  }
}

/** Entries of the last 30 days until `now`: 50 actions, 1,000 actors, 5,000 targets. */
export async function fillAudit(d1: TestDatabase, rows: number, now: number): Promise<void> {
  const step = (30 * DAY_MS * 1000) / rows;
  const first = (now - 30 * DAY_MS) * 1000;
  await fill(
    d1,
    rows,
    `INSERT INTO audit_logs (id, timestamp, user_id, action, target, outcome, source)
      SELECT id, datetime(id / 1000000, 'unixepoch'), 'u_' || (i * 7919 % 1000),
        'action.' || (i * 104729 % 50), 't_' || (i * 1299709 % 5000), 'ok', 'edge'
      FROM (SELECT i, ${first} + CAST(i * ${step} AS INTEGER) AS id FROM n)`,
  );
}

/** The last 100 UTC days until `now`, each with the same number of rows: four endpoints for each user. */
export async function fillUsage(d1: TestDatabase, rows: number, now: number): Promise<void> {
  const start = Math.floor(now / DAY_MS) - 99;
  await fill(
    d1,
    rows,
    `INSERT INTO api_usage (day, user_id, endpoint, requests, tokens_used)
      SELECT date((${start} + i % 100) * 86400, 'unixepoch'), 'u_' || (i / 400),
        '/e' || (i / 100 % 4), 1 + i % 7, i FROM n`,
  );
}
