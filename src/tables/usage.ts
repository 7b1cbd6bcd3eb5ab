/**
 * `api_usage`: what each user asked of each endpoint on each UTC day. Rows without a day are single calls, as the
 * first generation counted them; they are added in.
 */
import { sqlTime, utcDay } from './sql-time.ts';
import type { Statement, Table } from './statement.ts';

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
};

/** Adds any number of deltas by one statement with one parameter. Each writes one row, four when it is new. */
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
  coalesce(sum(tokens_used), 0) AS tokens_used, coalesce(sum(cost_usd), 0) AS cost_usd,
  sum(duration_ms) AS duration_ms`;
const SUMS_SHOWN = SUMS.replace('AS tokens_used', 'AS tokens').replace('AS cost_usd', 'AS cost');
const COUNTS = 'requests, errors, tokens_used, cost_usd, duration_ms';

/** Which index has the rows of a day in order of what is asked for. */
const IN_ORDER = {
  user: { column: 'user_id', order: 'day, user_id', index: 'api_usage_day' },
  endpoint: { column: 'endpoint', order: 'day, endpoint', index: 'api_usage_endpoint' },
  day: { column: 'day', order: 'day', index: 'api_usage_day' },
} as const;

/**
 * The users, endpoints or days with the most requests since the UTC day of a time. Each day is summed in the order
 * of an index first: D1 counts a row again when it has to be sorted, and so only a few of them have to be. The
 * indexes are named because SQLite, which knows nothing of the data, would choose others.
 */
export function topUsage(by: 'user' | 'endpoint' | 'day', since: number, limit: number): Statement {
  const { column, order, index } = IN_ORDER[by];
  const ofCall = by === 'day' ? 'substr(timestamp, 1, 10)' : column;
  return {
    sql: `SELECT ${column}, ${SUMS_SHOWN} FROM (
        SELECT ${column}, ${SUMS} FROM api_usage INDEXED BY ${index}
          WHERE day >= ? GROUP BY ${order}
        UNION ALL
        SELECT ${ofCall}, ${COUNTS} FROM api_usage INDEXED BY api_usage_calls
          WHERE day IS NULL AND timestamp >= ?)
      GROUP BY ${column} ORDER BY requests DESC, ${column} LIMIT ?`,
    params: [utcDay(since), sqlTime(since), limit],
  };
}

/** One user's days, oldest first. */
export function usageOfUser(userId: string, since: number): Statement {
  return {
    sql: `SELECT day, ${SUMS_SHOWN} FROM (
        SELECT day, ${SUMS} FROM api_usage WHERE user_id = ? AND day >= ? GROUP BY day
        UNION ALL
        SELECT substr(timestamp, 1, 10), ${COUNTS} FROM api_usage
          WHERE user_id = ? AND day IS NULL AND timestamp >= ?)
      GROUP BY day ORDER BY day`,
    params: [userId, utcDay(since), userId, sqlTime(since)],
  };
}
