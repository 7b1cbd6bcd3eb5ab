/** `audit_logs`: who did what to what, from where. Rows are only ever added. */
import { parseStored } from './json-text.ts';
import { fromSqlTime, sqlTime } from './sql-time.ts';
import { type SqlRow, type Statement, type Table, Where } from './statement.ts';

/** What is written. `details` never holds a secret. */
export interface AuditEntry {
  actor: string | null;
  action: string;
  target?: string | null | undefined;
  details?: unknown;
  outcome?: string | null | undefined;
  ip?: string | null | undefined;
  user_agent?: string | null | undefined;
  source: 'edge' | 'cli';
}

/** A row as it is shown. Rows of the first generation have no target, outcome and source. */
export interface AuditRow {
  id: number;
  /** When it was written. */
  timestamp: number | null;
  actor: string | null;
  action: string | null;
  target: string | null;
  outcome: string | null;
  source: string | null;
  ip: string | null;
  user_agent: string | null;
  details: unknown;
}

export const auditLogs: Table = {
  name: 'audit_logs',
  title: 'audit entry',
};

/**
 * Any number of entries by one statement with one parameter. Ids are microseconds of the database's own clock,
 * and always above the last one: a clock that is wrong or set back changes no order. `timestamp` says the same in
 * whole seconds, as rows of the first generation do: so it rises with the ids too.
 */
export function insertAudit(entries: readonly AuditEntry[]): Statement {
  return insertion(entries, 'true');
}

/**
 * The entry of a change in the batch of the change, right behind its last statement: nothing is added where that
 * statement changed no row.
 */
export function insertAuditOfChange(entry: AuditEntry): Statement {
  return insertion([entry], 'changes() > 0');
}

/** An entry that a store writes in the transaction of the change itself. */
export interface AuditInBatch {
  /** What is written where the change is made. */
  entry(): Promise<AuditEntry>;
  /** To be called once it is written, so that it is not written a second time. */
  written(): void;
}

function insertion(entries: readonly AuditEntry[], condition: string): Statement {
  const rows = entries.map(({ details, ...entry }) => ({
    ...entry,
    details: details === undefined || details === null ? null : JSON.stringify(details),
  }));
  return {
    sql: `INSERT INTO audit_logs
        (id, timestamp, user_id, action, target, details, outcome, ip_address, user_agent, source)
      SELECT id, datetime(id / 1000000, 'unixepoch'),
        entry ->> 'actor', entry ->> 'action', entry ->> 'target', entry ->> 'details',
        entry ->> 'outcome', entry ->> 'ip', entry ->> 'user_agent', entry ->> 'source'
      FROM (SELECT each.value AS entry, each.key + max(
          CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000,
          coalesce((SELECT max(id) FROM audit_logs), 0) + 1) AS id
        FROM json_each(?) AS each WHERE ${condition})`,
    params: [JSON.stringify(rows)],
  };
}

export interface AuditFilter {
  actor?: string | undefined;
  action?: string | undefined;
  target?: string | undefined;
  /** Milliseconds since 1970. */
  since?: number | undefined;
  /** Milliseconds since 1970: entries before that second. */
  until?: number | undefined;
}

export interface AuditPage extends AuditFilter {
  limit: number;
  /** The id of the last row of the page before: newest first from there. */
  before?: number | undefined;
  /** The id of the newest row already seen: oldest first from there. */
  after?: number | undefined;
}

const LIST = `SELECT id, timestamp, user_id AS actor, action, target, outcome, source,
  ip_address AS ip, user_agent, details FROM audit_logs`;

/** One page, newest first; oldest first with `after`. */
export function listAudit({ before, after, limit, ...filter }: AuditPage): Statement {
  const where = matching(filter).add('id < ?', before).add('id > ?', after);
  const order = after === undefined ? 'DESC' : 'ASC';
  return {
    sql: `${LIST}${where} ORDER BY id ${order} LIMIT ?`,
    params: [...where.params, limit],
  };
}

/** How many entries there are for each actor, action, target or outcome. */
export function auditStats(
  by: 'actor' | 'action' | 'target' | 'outcome',
  filter: AuditFilter,
  limit: number,
): Statement {
  const column = by === 'actor' ? 'user_id' : by;
  const where = matching(filter);
  return {
    // The plus keeps SQLite from walking an index in order of the groups: that would read all rows of all time.
    sql: `SELECT ${column} AS ${by}, count(*) AS entries, max(timestamp) AS last
      FROM audit_logs${where} GROUP BY +${column} ORDER BY entries DESC, ${by} LIMIT ?`,
    params: [...where.params, limit],
  };
}

/** The id of the first row from a second on. */
const FIRST_FROM = `coalesce((SELECT id FROM audit_logs WHERE timestamp >= ?
  ORDER BY timestamp, id LIMIT 1), ${Number.MAX_SAFE_INTEGER})`;

const second = (ms: number) => sqlTime(ms).slice(0, 19);

/**
 * What is asked for together has one index where that pays: an actor's entries of one action. A target has so few
 * entries that the other conditions are looked at row by row; the plus keeps SQLite, which knows nothing of the data,
 * from another index.
 *
 * Ids rise with time, in rows of the first generation too, so a time is a lower bound of ids: that of the first
 * row from that second on, or one beyond all ids where there is none. The bound serves every index, for each ends
 * with the id; it costs one row.
 */
function matching({ actor, action, target, since, until }: AuditFilter): Where {
  const no = target === undefined ? '' : '+';
  return new Where()
    .add(`${no}user_id = ?`, actor)
    .add(`${no}action = ?`, action)
    .add('target = ?', target)
    .add(`id >= ${FIRST_FROM}`, since === undefined ? undefined : second(since))
    .add(`id < ${FIRST_FROM}`, until === undefined ? undefined : second(until + 999));
}

export function auditRow(row: SqlRow): AuditRow {
  return {
    ...(row as unknown as AuditRow),
    timestamp: writtenAt(row),
    details: parseStored(row.details),
  };
}

/** To the millisecond where the id tells it, which it does unless an old Worker made it. */
function writtenAt({ id, timestamp }: SqlRow): number | null {
  const second = fromSqlTime(timestamp);
  const exact = Math.floor(Number(id) / 1000);
  return second !== null && exact >= second && exact < second + 1000 ? exact : second;
}
