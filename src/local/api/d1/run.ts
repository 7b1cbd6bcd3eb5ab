/**
 * Runs statements on a database of the engine. Not by `D1Database.batch`, which makes an object of each row
 * and so loses columns of the same name, which `/raw` has to tell; but by the one request that `batch` itself
 * sends to the engine. All statements are one transaction.
 */
import type { ApiFailure } from '../reply.ts';
import { sqlFailure } from './request.ts';

export type Param = string | number | null | number[];

export interface Statement {
  sql: string;
  params: readonly Param[];
}

export interface Meta {
  served_by: string;
  duration: number;
  changes: number;
  last_row_id: number;
  changed_db: boolean;
  size_after: number;
  rows_read: number;
  rows_written: number;
}

/** Cells are null, number, string, or an array of the bytes of a BLOB. */
export interface Outcome {
  columns: string[];
  rows: unknown[][];
  meta: Meta;
}

interface EngineReply {
  results: { columns: string[]; rows: unknown[][] };
  meta: Meta;
}

const ROWS = 'http://d1/query?resultsFormat=ROWS_AND_COLUMNS';

/** @throws ApiFailure 400/7500 with what SQLite says; nothing was changed then. */
export async function runAll(
  database: D1Database,
  statements: readonly Statement[],
): Promise<Outcome[]> {
  if (statements.length === 0) throw sqlFailure('No SQL statements detected.');
  const { fetcher } = database as unknown as { fetcher: Fetcher };
  const reply = await fetcher.fetch(ROWS, { method: 'POST', body: JSON.stringify(statements) });
  const body: unknown = await reply.json();
  if (!Array.isArray(body)) throw refusal(body);
  return (body as EngineReply[]).map(({ results, meta }) => ({ ...results, meta }));
}

export async function runOne(database: D1Database, sql: string): Promise<Outcome> {
  const [outcome] = await runAll(database, [{ sql, params: [] }]);
  return outcome as Outcome;
}

function refusal(body: unknown): ApiFailure {
  const { error } = body as { error?: unknown };
  return sqlFailure(typeof error === 'string' ? error : JSON.stringify(body));
}
