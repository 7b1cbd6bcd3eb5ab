/**
 * `api_usage`: what each user asked of each endpoint on each UTC day. Rows without a day are single calls, as the
 * first generation counted them; they are added in.
 */
import { sqlTime, utcDay } from './sql-time.ts';
import type { SqlValue, Statement, Table } from './statement.ts';

/** What was used since the last flush. Times in milliseconds, cost in US dollars. */
export interface UsageDelta {
  /** `2026-11-24` */
  day: string;
  /** The empty string for callers without a session. */
  user_id: string;
  endpoint: string;
  requests: number;
  errors: number;
  tokens: number;
  cost: number;
  duration_ms: number;
}

export type UsageSums = Omit<UsageDelta, 'day' | 'user_id' | 'endpoint'>;

export const apiUsage: Table = {
  name: 'api_usage',
  title: 'API usage',
  columns: [
    { name: 'day', kind: 'text' },
    { name: 'user_id', kind: 'text' },
    { name: 'endpoint', kind: 'text' },
    { name: 'requests', kind: 'number' },
    { name: 'errors', kind: 'number' },
    { name: 'tokens', kind: 'number' },
    { name: 'cost', kind: 'number' },
    { name: 'duration_ms', kind: 'ms' },
  ],
};

/** Adds any number of deltas by one statement with one parameter. Each writes one row, two when it is new. */
export function addUsage(deltas: readonly UsageDelta[]): Statement {
  return {
    sql: `INSERT INTO api_usage
        (day, user_id, endpoint, requests, errors, tokens_used, cost_usd, duration_ms)
      SELECT value ->> 'day', value ->> 'user_id', value ->> 'endpoint', value ->> 'requests',
        value ->> 'errors', value ->> 'tokens', value ->> 'cost', value ->> 'duration_ms'
      FROM json_each(?) WHERE true
      ON CONFLICT (day, user_id, endpoint) DO UPDATE SET
        requests = requests + excluded.requests,
        errors = errors + excluded.errors,
        tokens_used = tokens_used + excluded.tokens_used,
        cost_usd = cost_usd + excluded.cost_usd,
        duration_ms = duration_ms + excluded.duration_ms`,
    params: [JSON.stringify(deltas)],
  };
}

const SUMS = `sum(requests) AS requests, sum(errors) AS errors,
  coalesce(sum(tokens_used), 0) AS tokens, coalesce(sum(cost_usd), 0) AS cost, sum(duration_ms) AS duration_ms`;

/** All usage from a time on, whole UTC days of what is counted by day. `more` narrows both kinds of row. */
function usageSince(since: number, more: string, value: SqlValue[], calls = 'api_usage') {
  const fields = 'user_id, endpoint, requests, errors, tokens_used, cost_usd, duration_ms';
  return {
    from: `(SELECT day, ${fields} FROM api_usage WHERE ${more}day >= ?
      UNION ALL
      SELECT substr(timestamp, 1, 10), ${fields} FROM ${calls}
      WHERE ${more}day IS NULL AND timestamp >= ?)`,
    params: [...value, utcDay(since), ...value, sqlTime(since)],
  };
}

/** The users, endpoints or days with the most requests. */
export function topUsage(by: 'user' | 'endpoint' | 'day', since: number, limit: number): Statement {
  const column = by === 'user' ? 'user_id' : by;
  // Without this SQLite would read the calls of all time, by the index on days.
  const { from, params } = usageSince(since, '', [], 'api_usage INDEXED BY api_usage_calls');
  return {
    sql: `SELECT ${column}, ${SUMS} FROM ${from}
      GROUP BY ${column} ORDER BY requests DESC, ${column} LIMIT ?`,
    params: [...params, limit],
  };
}

/** One user's days, oldest first. */
export function usageOfUser(userId: string, since: number): Statement {
  const { from, params } = usageSince(since, 'user_id = ? AND ', [userId]);
  return { sql: `SELECT day, ${SUMS} FROM ${from} GROUP BY day ORDER BY day`, params };
}
