/**
 * Rows that come one by one. Their widths are not known in advance. On a terminal the columns stay where they are
 * all through: a text that is too long is cut, and an identifier, which is never cut, takes the rest of its line,
 * with the row going on beneath it. A pipe has a line for each row, and its columns widen when they must.
 */
import { type Cell, kindRules } from './cell.ts';
import type { AnyColumn, AnyRow } from './columns.ts';
import { coloured, type Draw, drawer } from './draw.ts';
import { cellsOf, fitted, headerCells, laneOf, shownColumns, whenIn } from './grid.ts';
import { GAP, type Lane, lineWidth } from './layout.ts';
import type { Batches, Look } from './renderer.ts';
import { truncate, visible, widthOf } from './text.ts';

export async function* stream(
  columns: readonly AnyColumn[],
  batches: Batches,
  look: Look,
): AsyncGenerator<string> {
  const draw = await drawer(look.colours);
  const print =
    look.width === undefined ? widening(columns, look, draw) : steady(columns, look, draw);
  for await (const rows of batches) yield rows.map(print).join('');
}

const startLane = (column: AnyColumn, header: Cell): Lane =>
  laneOf(
    column,
    Math.max(column.startWidth ?? kindRules(column.kind).startWidth, widthOf(header.text)),
  );

/** For a pipe: columns widen for good when a longer text comes. */
function widening(columns: readonly AnyColumn[], look: Look, draw: Draw): (row: AnyRow) => string {
  const when = whenIn(look, false);
  const header = headerCells(shownColumns(columns, []), look, false);
  let lanes = shownColumns(columns, []).map((column, i) =>
    startLane(column, header[i] ?? { text: '' }),
  );
  let lines: Cell[][] = [header];
  return (row) => {
    const shown = shownColumns(columns, [row]);
    const cells = cellsOf(shown, row, when);
    lanes = shown.map((column, i) => {
      const width = Math.max(lanes[i]?.width ?? 0, widthOf(cells[i]?.text ?? ''));
      return laneOf(column, width);
    });
    lines.push(cells);
    const text = draw(lines, lanes);
    lines = [];
    return text;
  };
}

/** For a terminal: each column stays where it began. */
function steady(columns: readonly AnyColumn[], look: Look, draw: Draw): (row: AnyRow) => string {
  const when = whenIn(look, false);
  const shown = shownColumns(columns, []);
  const header = headerCells(shown, look, false);
  const starts = shown.map((column, i) => startLane(column, header[i] ?? { text: '' }));
  const lanes = stretched(fitted(shown, starts, look), look.width ?? 0);
  let before = draw([header], lanes);
  return (row) => {
    const text = before + hanging(cellsOf(shown, row, when), lanes, draw) + problemLine(row, look);
    before = '';
    return text;
  };
}

/** What is left of the line goes to the texts that may be cut, in equal parts. */
function stretched(lanes: readonly Lane[], limit: number): Lane[] {
  const elastic = lanes.filter(isElastic);
  const spare = Math.max(0, limit - lineWidth(lanes.map(({ width }) => width)));
  const share = Math.floor(spare / Math.max(1, elastic.length));
  return lanes.map((lane) => (isElastic(lane) ? { ...lane, width: lane.width + share } : lane));
}

const isElastic = ({ width, shrinks, role }: Lane) => width > 0 && shrinks && role !== 'identifier';

/** A row in as many lines as it has identifiers that are wider than their lanes, and one more. */
function hanging(cells: readonly Cell[], lanes: readonly Lane[], draw: Draw): string {
  const at = lanes.findIndex(
    ({ width, role }, i) =>
      width > 0 && role === 'identifier' && widthOf(cells[i]?.text ?? '') > width,
  );
  if (at < 0) return draw([cells], lanes);
  const whole = { ...(lanes[at] as Lane), width: widthOf(cells[at]?.text ?? '') };
  const first = draw([cells.slice(0, at + 1)], [...lanes.slice(0, at), whole]);
  const rest = cells.map((cell, i) => (i <= at ? { text: '' } : cell));
  return rest.every(({ text }) => text === '') ? first : first + hanging(rest, lanes, draw);
}

/** What is wrong with a row, on a line of its own: there is no column for it. */
function problemLine({ problem }: AnyRow, { colours, width = 0 }: Look): string {
  if (!problem) return '';
  const text = truncate(`problem: ${visible(String(problem))}`, width - GAP.length);
  return `${GAP}${coloured({ text, tone: 'care' }, colours)}\n`;
}
