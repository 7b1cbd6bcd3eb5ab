/**
 * Writes that can be found out about. D1 cannot tell whether a request whose answer was lost was carried out, so
 * the transaction leaves a receipt in the table `goblin_receipts`, and a later look says whether it is there. A
 * receipt is kept for a day.
 */
import { randomUUID } from 'node:crypto';
import type { D1RawResult, D1Statement } from '../api/d1-shapes.ts';
import { GoblinError } from '../contract/errors.ts';
import type { D1Database } from './database.ts';

const TABLE = 'goblin_receipts';
const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  id TEXT PRIMARY KEY NOT NULL,
  at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID`;
const PURGE = `DELETE FROM ${TABLE} WHERE at < datetime('now', '-1 day')`;
const LEAVE = `INSERT INTO ${TABLE} (id) VALUES (?)`;
const LOOK = `SELECT 1 FROM ${TABLE} WHERE id = ?`;

/**
 * Runs statements that write as one transaction, once.
 * @returns their results; null where the answer was lost and the receipt shows that they were applied
 * @throws {GoblinError} `not_applied` where the answer was lost and there is no receipt, and as `query`
 */
export async function writeOnce(
  database: D1Database,
  statements: readonly D1Statement[],
): Promise<D1RawResult[] | null> {
  const id = randomUUID();
  const all = [{ sql: CREATE }, ...statements, { sql: PURGE }, { sql: LEAVE, params: [id] }];
  try {
    const results = await database.raw(all, 'once');
    return results.slice(1, 1 + statements.length);
  } catch (error) {
    if (!(error instanceof GoblinError) || !error.maybeApplied) throw error;
    if (error.outcome === 'interrupted') throw error;
    const isThere = await hasReceipt(database, id).catch(() => null);
    if (isThere === null) throw error;
    if (isThere) return null;
    throw notApplied(error);
  }
}

/** The table itself is missing where the first of all writes did not come through. */
async function hasReceipt(database: D1Database, id: string): Promise<boolean> {
  try {
    return (await database.query(LOOK, [id])).rows.length > 0;
  } catch (error) {
    if (error instanceof GoblinError && error.code === 'no_such_table') return false;
    throw error;
  }
}

function notApplied(error: GoblinError): GoblinError {
  const reason = error.cause instanceof GoblinError ? error.cause : error;
  const message = `${reason.message}; the database shows that nothing was applied`;
  return new GoblinError(reason.outcome, reason.code, message, {
    hint: reason.outcome === 'quota' ? reason.hint : 'Run the same command again.',
    retryable: true,
    requestId: error.requestId,
    cause: error,
  });
}
