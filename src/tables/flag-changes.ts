/** `feature_flag_changes`: every change of a flag. It and the flag are written together or not at all. */
import { COLUMNS, type FlagState, stateValues } from './flags.ts';
import { parseStored } from './json-text.ts';
import { fromSqlTime } from './sql-time.ts';
import type { SqlRow, SqlValue, Statement, Table } from './statement.ts';

export const flagChanges: Table = {
  name: 'feature_flag_changes',
  title: 'change of a feature flag',
};

export interface FlagChange {
  name: string;
  /** The version that the flag must still have; null where it must not be there. */
  expected: number | null;
  /** Null where there was no flag. */
  from: FlagState | null;
  /** Null to remove the flag. */
  to: FlagState | null;
  changed_by: string | null;
  reason: string | null;
}

/** The flag is as expected. A flag that is not there has no version, and -1 stands for that. */
const AS_EXPECTED =
  '(SELECT coalesce(max(version), -1) FROM feature_flags WHERE flag_name = ?1) = ?2';
const LAST_CHANGE = '(SELECT max(version) FROM feature_flag_changes WHERE flag_name = ?1)';

/**
 * One batch: the change, the flag, and the flag as it is afterwards. Where the flag is not as expected, the first
 * two write nothing (`meta.changes` of the first is 0), and the third shows what is there instead. Versions go on
 * where they stopped, even for a flag that was removed in between.
 */
export function changeFlag(change: FlagChange): [Statement, Statement, Statement] {
  const { name, expected, from, to, changed_by, reason } = change;
  const condition: SqlValue[] = [name, expected ?? -1];
  return [
    {
      sql: `INSERT INTO feature_flag_changes
          (flag_name, version, from_value, to_value, changed_by, reason, changed_at)
        SELECT ?1, max(?2, coalesce(${LAST_CHANGE}, 0), 0) + 1, ?3, ?4, ?5, ?6,
          strftime('%Y-%m-%d %H:%M:%f', 'now')
        WHERE ${AS_EXPECTED}`,
      params: [...condition, asJson(from), asJson(to), changed_by, reason],
    },
    to === null
      ? {
          sql: `DELETE FROM feature_flags WHERE flag_name = ?1 AND ${AS_EXPECTED}`,
          params: condition,
        }
      : write(condition, to, changed_by),
    { sql: 'SELECT * FROM feature_flags WHERE flag_name = ?', params: [name] },
  ];
}

/**
 * One batch for several flags: all are changed, or none. Where one of them is not as expected, the first statement
 * breaks a constraint, which undoes the batch.
 */
export function changeFlags(changes: readonly FlagChange[]): Statement[] {
  const pairs = changes.flatMap((change) => changeFlag(change).slice(0, 2));
  if (changes.length === 1) return pairs;
  const expected = changes.map(({ name, expected }) => [name, expected ?? -1]);
  const guard = `INSERT INTO feature_flag_changes (flag_name, version)
    SELECT NULL, NULL FROM json_each(?) AS each
    LEFT JOIN feature_flags ON flag_name = json_extract(each.value, '$[0]')
    WHERE coalesce(version, -1) <> json_extract(each.value, '$[1]') LIMIT 1`;
  return [{ sql: guard, params: [JSON.stringify(expected)] }, ...pairs];
}

/** Whether a row of `feature_flag_changes` records this change: the same flag, states, person and reason. */
export function isRecordOf(row: SqlRow, change: FlagChange): boolean {
  return (
    row.flag_name === change.name &&
    Number(row.version) > (change.expected ?? -1) &&
    row.from_value === asJson(change.from) &&
    row.to_value === asJson(change.to) &&
    row.changed_by === change.changed_by &&
    row.reason === change.reason
  );
}

/** `{ changes }`: how many there were in the last seconds, by the database's own clock. */
export function countRecentChanges(seconds: number): Statement {
  return {
    sql: `SELECT count(*) AS changes FROM feature_flag_changes
      WHERE changed_at > strftime('%Y-%m-%d %H:%M:%f', 'now', ?)`,
    params: [`-${seconds} seconds`],
  };
}

function write(condition: SqlValue[], to: FlagState, changedBy: string | null): Statement {
  const columns = [...COLUMNS, 'updated_by', 'version', 'updated_at'];
  return {
    sql: `INSERT INTO feature_flags (flag_name, ${columns.join(', ')})
      SELECT ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ${LAST_CHANGE}, strftime('%Y-%m-%d %H:%M:%f', 'now')
      WHERE ${AS_EXPECTED}
      ON CONFLICT (flag_name) DO UPDATE SET
        ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    params: [...condition, ...stateValues(to), changedBy],
  };
}

function asJson(state: FlagState | null): string | null {
  if (state === null) return null;
  const { value, timer, description, owner, permanent } = state;
  return JSON.stringify({ value, timer, description, owner, permanent });
}

/** A flag's changes, newest first, before the version given. */
export function flagHistory(
  name: string,
  limit: number,
  before = Number.MAX_SAFE_INTEGER,
): Statement {
  return {
    sql: `SELECT * FROM feature_flag_changes WHERE flag_name = ? AND version < ?
      ORDER BY version DESC LIMIT ?`,
    params: [name, before, limit],
  };
}

/** The changes of all flags, newest first. */
export function recentChanges(limit: number): Statement {
  return {
    sql: 'SELECT * FROM feature_flag_changes ORDER BY changed_at DESC LIMIT ?',
    params: [limit],
  };
}

/** A change as it was read. */
export interface ChangeRecord {
  flag_name: string;
  version: number;
  /** A state of the flag; null where it was not set. */
  from_value: unknown;
  to_value: unknown;
  changed_by: string | null;
  reason: string | null;
  changed_at: number | null;
}

export function changeRow(row: SqlRow): ChangeRecord {
  return {
    flag_name: String(row.flag_name),
    version: Number(row.version),
    from_value: parseStored(row.from_value),
    to_value: parseStored(row.to_value),
    changed_by: textOf(row.changed_by),
    reason: textOf(row.reason),
    changed_at: fromSqlTime(row.changed_at),
  };
}

const textOf = (stored: unknown) => (typeof stored === 'string' ? stored : null);
