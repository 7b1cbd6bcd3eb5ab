/** Everything that D1 holds about one user, whatever the table, and how it is forgotten. */
import type { Statement } from './statement.ts';

/** What stands in the audit log in place of a user who was forgotten. */
export const FORGOTTEN = 'forgotten';

/**
 * Entries that name a user: as the actor, as the target, or as a string in the details. The last one reads the whole
 * table, for no index knows what is in the details.
 */
const NAMES_USER = `(user_id = ?1 OR target = ?1 OR instr(details, json_quote(?1)) > 0)`;

/** One page of the audit entries that name a user, oldest first, after the id given. */
export function auditOfUser(userId: string, after: number, limit: number): Statement {
  return {
    sql: `SELECT id, timestamp, user_id AS actor, action, target, outcome, source,
        ip_address AS ip, user_agent, details
      FROM audit_logs WHERE ${NAMES_USER} AND id > ?2 ORDER BY id LIMIT ?3`,
    params: [userId, after, limit],
  };
}

/** How many rows each place has: `audit`, `usage`, `preferences`. */
export function countsOfUser(userId: string): Statement {
  return {
    sql: `SELECT
      (SELECT count(*) FROM user_preferences WHERE user_id = ?1) AS preferences,
      (SELECT count(*) FROM api_usage WHERE user_id = ?1) AS usage,
      (SELECT count(*) FROM audit_logs WHERE ${NAMES_USER}) AS audit`,
    params: [userId],
  };
}

/**
 * Keeps that something was done and when, and takes out who: actor and target become `forgotten`; details, and of the
 * user's own entries address and user agent, become null.
 */
export function anonymiseAudit(userId: string): Statement {
  return {
    sql: `UPDATE audit_logs SET
        ip_address = CASE WHEN user_id = ?1 THEN NULL ELSE ip_address END,
        user_agent = CASE WHEN user_id = ?1 THEN NULL ELSE user_agent END,
        user_id = CASE WHEN user_id = ?1 THEN '${FORGOTTEN}' ELSE user_id END,
        target = CASE WHEN target = ?1 THEN '${FORGOTTEN}' ELSE target END,
        details = NULL
      WHERE ${NAMES_USER}`,
    params: [userId],
  };
}

export function usageRowsOfUser(userId: string): Statement {
  return {
    sql: 'SELECT * FROM api_usage WHERE user_id = ? ORDER BY day, endpoint, timestamp',
    params: [userId],
  };
}

export function deleteUsage(userId: string): Statement {
  return { sql: 'DELETE FROM api_usage WHERE user_id = ?', params: [userId] };
}

/** The first generation's own table of sessions, which holds tokens in plain text and is not in every database. */
export const hasSessionsTable: Statement = {
  sql: "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'sessions'",
  params: [],
};

export function oldSessionsOfUser(userId: string): Statement {
  return {
    sql: 'SELECT created_at, expires_at, last_activity FROM sessions WHERE user_id = ?',
    params: [userId],
  };
}

export function deleteOldSessions(userId: string): Statement {
  return { sql: 'DELETE FROM sessions WHERE user_id = ?', params: [userId] };
}
