/** What a client asks `/query` and `/raw` to run, checked by D1's limits before anything is run. */
import { splitStatements } from '../../../d1/split.ts';
import { invalidProperty, sqlFailure } from './request.ts';
import type { Param, Statement } from './run.ts';

const VALUE_BYTES = 2_000_000;

/**
 * `{sql, params?}`, where `sql` may hold several statements, or `{batch: [{sql, params?}, …]}`.
 * @throws ApiFailure 400/7400 for another shape, 400/7500 for a value over 2,000,000 bytes.
 */
export function statementsIn(body: Record<string, unknown>): Statement[] {
  if (body.batch === undefined) return statementsOf(body, '');
  if (body.sql !== undefined) throw invalidProperty('batch', 'Expected "sql" or "batch", not both');
  if (!Array.isArray(body.batch)) throw invalidProperty('batch', 'Expected array');
  return body.batch.flatMap((entry: unknown, index) =>
    statementsOf((entry ?? {}) as Record<string, unknown>, `batch.${index}.`),
  );
}

function statementsOf({ sql, params }: Record<string, unknown>, where: string): Statement[] {
  if (typeof sql !== 'string') throw invalidProperty(`${where}sql`, 'Expected string');
  const statements = splitStatements(sql);
  const values = checkParams(params ?? [], `${where}params`);
  if (statements.length > 1 && values.length > 0) {
    throw invalidProperty(`${where}params`, 'Parameters go with one statement, not with several');
  }
  return statements.map((text) => ({ sql: text, params: values }));
}

function checkParams(params: unknown, where: string): Param[] {
  if (!Array.isArray(params)) throw invalidProperty(where, 'Expected array');
  return params.map((value, index) => checkParam(value, `${where}.${index}`));
}

/** SQLite has no booleans: they are 1 and 0. The bytes of a BLOB are an array, as in results. */
function checkParam(value: unknown, where: string): Param {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' || value === null) return value;
  if (typeof value !== 'string' && !isBytes(value)) {
    throw invalidProperty(where, 'Expected string, number, boolean, null or array of bytes');
  }
  const size = typeof value === 'string' ? utf8Length(value) : value.length;
  if (size > VALUE_BYTES) throw sqlFailure('string or blob too big: SQLITE_TOOBIG');
  return value;
}

function isBytes(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)
  );
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
