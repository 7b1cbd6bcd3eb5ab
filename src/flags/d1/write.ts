/**
 * Changes of flags in the database. A batch is sent once. Where its answer is lost, the database is asked whether
 * the changes are recorded.
 */
import { GoblinError } from '../../contract/errors.ts';
import type { D1Database } from '../../d1/database.ts';
import { type AuditEntry, insertAuditOfChange } from '../../tables/audit.ts';
import {
  changeFlags,
  countRecentChanges,
  type FlagChange,
  flagHistory,
  isRecordOf,
} from '../../tables/flag-changes.ts';
import { readFlags } from '../../tables/flags.ts';
import type { SqlRow } from '../../tables/statement.ts';
import { flagRows } from './states.ts';

/** Changes looked through for one whose answer was lost: others may have followed it. */
const MOST_LATER = 20;

export interface Written {
  /** False where a flag was not as expected, and nothing was written. */
  made: boolean;
  /** The audit row was written with it. */
  audited: boolean;
  /** All flags afterwards. */
  rows: SqlRow[];
  /** Somebody else changed flags a moment ago, and may still be projecting them. */
  contended: boolean;
}

/**
 * Makes all changes in one transaction, or none.
 * @param entry the audit row, part of the transaction. Where `audit_logs` does not take it, the flags are changed
 *   without.
 * @param recentSeconds how long ago a change of somebody else counts as a moment ago
 * @throws {GoblinError} what the database says; `not_stored` where the answer was lost and nothing is recorded
 */
export async function writeChanges(
  db: D1Database,
  changes: readonly FlagChange[],
  entry: AuditEntry | undefined,
  recentSeconds: number,
): Promise<Written> {
  const audit = entry === undefined ? [] : [insertAuditOfChange(entry)];
  const audited = entry !== undefined;
  const statements = [...changeFlags(changes), ...audit];
  try {
    const results = await db.batch([...statements, countRecentChanges(recentSeconds), readFlags()]);
    const [recent, rows] = results.slice(-2).map((result) => result.rows);
    // A batch of several flags has failed where one of them was not as expected.
    const made = changes.length > 1 || results[0]?.meta.changes === 1;
    const others = Number(recent?.[0]?.changes) - changes.length;
    return { made, audited: made && audited, rows: rows ?? [], contended: others > 0 };
  } catch (error) {
    if (!(error instanceof GoblinError)) throw error;
    if (error.maybeApplied) {
      const found = await findOut(db, changes, error);
      return { ...found, audited: found.made && audited };
    }
    if (audited && isAboutAudit(error)) {
      return writeChanges(db, changes, undefined, recentSeconds);
    }
    if (error.code !== 'sql_error') throw error;
    const rows = await rowsNow(db);
    if (asExpected(rows, changes)) throw error;
    return { made: false, audited: false, rows, contended: false };
  }
}

/** Whether it is `audit_logs` that made a transaction fail: it is missing, or lacks a column. */
function isAboutAudit({ code, message }: GoblinError): boolean {
  return ['sql_error', 'no_such_table'].includes(code) && /\baudit_logs\b/.test(message);
}

async function rowsNow(db: D1Database): Promise<SqlRow[]> {
  const { sql, params } = readFlags();
  return (await db.query(sql, params)).rows;
}

function asExpected(rows: readonly SqlRow[], changes: readonly FlagChange[]): boolean {
  const flags = flagRows(rows);
  return changes.every(({ name, expected }) => (flags.get(name)?.version ?? null) === expected);
}

/** Reads what became of changes without an answer: one of them tells of all, for they are one transaction. */
async function findOut(
  db: D1Database,
  changes: readonly FlagChange[],
  lost: GoblinError,
): Promise<Omit<Written, 'audited'>> {
  const [first] = changes;
  if (!first) throw lost;
  const history = flagHistory(first.name, MOST_LATER);
  const [rows, records] = await db.batch([readFlags(), history]).catch((error: unknown) => {
    throw error instanceof GoblinError && error.outcome === 'interrupted' ? error : lost;
  });
  if (sinceRemoval(records?.rows ?? [], first).some((row) => isRecordOf(row, first))) {
    return { made: true, rows: rows?.rows ?? [], contended: true };
  }
  if (!asExpected(rows?.rows ?? [], changes)) {
    return { made: false, rows: rows?.rows ?? [], contended: false };
  }
  throw new GoblinError('failed', 'not_stored', `the flags were not changed: ${lost.message}`, {
    hint: 'D1 holds them as before. Run the command again.',
    retryable: true,
    requestId: lost.requestId,
    cause: lost,
  });
}

/** The newest changes back to the flag's removal: what was before cannot be this change. */
function sinceRemoval(records: readonly SqlRow[], { to }: FlagChange): readonly SqlRow[] {
  if (to === null) return records;
  const removal = records.findIndex((row) => row.to_value === null);
  return removal < 0 ? records : records.slice(0, removal);
}
