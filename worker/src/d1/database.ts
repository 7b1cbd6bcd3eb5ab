/**
 * How the Worker speaks to D1: it never waits long, and leaves a database that does not answer alone for a while.
 */
import type { SqlRow, Statement } from '../../../src/tables/statement.ts';
import { within } from '../kv.ts';
import { D1_MOST_REST_MS, D1_PATIENCE_MS, D1_REST_MS } from '../limits.ts';

/**
 * Why D1 did not do what it was asked.
 * - `schema`: a table or column is missing;
 * - `full`: the database or the day's limit has no room for writes;
 * - `down`: it was not asked, or has not begun;
 * - `refused`: SQLite does not take this statement;
 * - `in_doubt`: it may have been done.
 */
export type Failure = 'schema' | 'full' | 'down' | 'refused' | 'in_doubt';

/** The messages of D1 (developers.cloudflare.com/d1/observability/debug-d1). All others are in doubt. */
const FAILURES: [RegExp, Failure][] = [
  [/no such (table|column)|has no column|ON CONFLICT clause/, 'schema'],
  [/free tier|maximum DB size|SQLITE_FULL/, 'full'],
  [/overloaded|Cannot resolve|SQLITE_BUSY|is left alone/, 'down'],
  [/SQLITE_|D1_TYPE_ERROR/, 'refused'],
];

export function failureOf(error: unknown): Failure {
  return FAILURES.find(([message]) => message.test(`${error}`))?.[1] ?? 'in_doubt';
}

/** A pause after each failure, doubled with each further one in a row. */
export function newBackoff() {
  let failures = 0;
  let until = 0;
  return {
    isResting: () => isAhead(until, D1_MOST_REST_MS),
    /** @returns milliseconds of the pause that begins. */
    failed(): number {
      const rest = Math.min(D1_MOST_REST_MS, D1_REST_MS * 2 ** failures++);
      until = Date.now() + rest;
      return rest;
    },
    succeeded(): void {
      failures = 0;
    },
  };
}

/** That of a database that does not answer. */
const backoff = newBackoff();

/**
 * Runs statements as one transaction, with a result each.
 * @param patience milliseconds
 * @throws what `failureOf` tells the kind of
 */
export async function ask(
  db: D1Database,
  statements: readonly Statement[],
  patience = D1_PATIENCE_MS,
): Promise<D1Result<SqlRow>[]> {
  if (backoff.isResting()) throw new Error('D1 has failed and is left alone');
  try {
    const prepared = statements.map(({ sql, params }) => db.prepare(sql).bind(...params));
    const results = await within(patience, db.batch<SqlRow>(prepared));
    if (!results) throw new Error('D1 has not answered in time');
    backoff.succeeded();
    return results;
  } catch (error) {
    if (/^(down|in_doubt)$/.test(failureOf(error))) backoff.failed();
    throw error;
  }
}

/** Whether a moment is still to come, and no further off than it may be: clocks are set back at times. */
export function isAhead(moment: number, most: number): boolean {
  const left = moment - Date.now();
  return left > 0 && left <= most;
}
