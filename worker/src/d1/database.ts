/**
 * How the Worker speaks to D1: it never waits long, and leaves a database that does not answer alone for a while.
 */
import type { SqlRow, Statement } from '../../../src/tables/statement.ts';
import { within } from '../kv.ts';
import { D1_MOST_REST_MS, D1_REST_MS } from '../limits.ts';

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

/** How often it failed to answer in a row, and until when it is left alone. */
let failures = 0;
let restUntil = 0;

/**
 * Runs statements as one transaction, with a result each.
 * @param patience milliseconds
 * @throws what `failureOf` tells the kind of
 */
export async function ask(
  db: D1Database,
  statements: readonly Statement[],
  patience: number,
): Promise<D1Result<SqlRow>[]> {
  if (isAhead(restUntil, D1_MOST_REST_MS)) throw new Error('D1 has failed and is left alone');
  try {
    const prepared = statements.map(({ sql, params }) => db.prepare(sql).bind(...params));
    const results = await within(patience, db.batch<SqlRow>(prepared));
    if (!results) throw new Error('D1 has not answered in time');
    failures = 0;
    return results;
  } catch (error) {
    if (/^(down|in_doubt)$/.test(failureOf(error))) restUntil = Date.now() + restAfter(++failures);
    throw error;
  }
}

/** Milliseconds to wait after so many failures in a row. */
export function restAfter(failed: number): number {
  return Math.min(D1_MOST_REST_MS, D1_REST_MS * 2 ** (failed - 1));
}

/** Whether a moment is still to come, and no further off than it may be: clocks are set back at times. */
export function isAhead(moment: number, most: number): boolean {
  const left = moment - Date.now();
  return left > 0 && left <= most;
}
