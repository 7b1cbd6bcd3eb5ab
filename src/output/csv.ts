/** CSV as RFC 4180 quotes it; lines end in LF, which its readers take and shell tools need. */

import { machineValue } from './cell.ts';
import type { AnyColumn, AnyRow } from './columns.ts';
import type { Batches, Look, Renderer } from './renderer.ts';
import { jsonText, visible } from './text.ts';

/**
 * What a spreadsheet would run as a formula (https://owasp.org/www-community/attacks/CSV_Injection), with
 * the full-width signs that some of them take for the same, or a control.
 */
const FORMULA = /^[=+\-@＝＋－＠\p{Cc}]/u;

/** One cell. An apostrophe makes a spreadsheet take it as text; numbers need none. */
function cell(value: unknown): string {
  if (value === null) return '';
  if (typeof value === 'object') return jsonText(value);
  return typeof value === 'string' && FORMULA.test(value) ? `'${value}` : String(value);
}

/** Records as CSV. On a terminal controls are written out: nothing there will parse them. */
async function text(records: string[][], look: Look): Promise<string> {
  const { stringify } = await import('csv-stringify/sync');
  // A line with nothing on it would read as no record at all.
  const csv = stringify(records, { quoted_empty: records[0]?.length === 1 });
  return look.width === undefined ? csv : visible(csv, '\n');
}

const header = (columns: readonly AnyColumn[]): string[] => columns.map(({ name }) => name);

const record = (columns: readonly AnyColumn[], row: AnyRow): string[] =>
  columns.map(({ name, kind }) => cell(machineValue(kind, row[name])));

async function* rowsAsText(
  columns: readonly AnyColumn[],
  batches: Batches,
  look: Look,
): AsyncGenerator<string> {
  let first = [header(columns)];
  for await (const rows of batches) {
    yield await text([...first, ...rows.map((row) => record(columns, row))], look);
    first = [];
  }
  if (first.length > 0) yield await text(first, look);
}

export const csv: Renderer = {
  list: rowsAsText,
  stream: rowsAsText,
  one: (columns, row, look) => text([header(columns), record(columns, row)], look),
};
