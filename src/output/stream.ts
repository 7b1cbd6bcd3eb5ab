/**
 * Rows that come one by one, so that their widths are not known in advance. On a terminal the columns never move:
 * a text that is too long is cut, and beneath an identifier that is too long the row goes on. In a pipe each row
 * is one line, and a column widens for good when a longer text comes.
 */
import { type Cell, isTime, kindRules } from './cell.ts';
import type { AnyColumn, AnyRow } from './columns.ts';
import { type Draw, drawer } from './draw.ts';
import { cellsOf, fitted, headerCells, laneOf, problemLine, shownColumns, whenIn } from './grid.ts';
import { type Lane, lineWidth } from './layout.ts';
import type { Batches, Look } from './renderer.ts';
import { widthOf } from './width.ts';

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

/** Lanes as wide as a header, or as a value commonly is. */
function startLanes(columns: readonly AnyColumn[], header: readonly Cell[], look: Look): Lane[] {
  const when = whenIn(look, false);
  return columns.map((column, i) => {
    const { kind, startWidth = kindRules(kind).startWidth } = column;
    const usual = isTime(kind) ? widthOf(when(look.now, kind)) : startWidth;
    return laneOf(column, Math.max(usual, widthOf(header[i]?.text ?? '')));
  });
}

/** For a pipe: columns widen for good when a longer text comes. */
function widening(columns: readonly AnyColumn[], look: Look, draw: Draw): (row: AnyRow) => string {
  const when = whenIn(look, false);
  const start = shownColumns(columns, []);
  const header = headerCells(start, look, false);
  let lanes = startLanes(start, header, look);
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
  const lanes = stretched(fitted(shown, startLanes(shown, header, look), look), look.width ?? 0);
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

/** A row in as many lines as it has texts that are wider than their lanes and must not be cut, and one more. */
function hanging(cells: readonly Cell[], lanes: readonly Lane[], draw: Draw): string {
  const at = lanes.findIndex(
    (lane, i) => lane.width > 0 && !isElastic(lane) && widthOf(cells[i]?.text ?? '') > lane.width,
  );
  if (at < 0) return draw([cells], lanes);
  const whole = { ...(lanes[at] as Lane), width: widthOf(cells[at]?.text ?? '') };
  const first = draw([cells.slice(0, at + 1)], [...lanes.slice(0, at), whole]);
  const rest = cells.map((cell, i) => (i <= at ? { text: '' } : cell));
  return rest.every(({ text }) => text === '') ? first : first + hanging(rest, lanes, draw);
}
