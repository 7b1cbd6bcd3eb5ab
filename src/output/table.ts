/** Rows for people: columns side by side, drawn by `draw.ts`. */
import type { Cell } from './cell.ts';
import { wholeTime } from './clock.ts';
import type { AnyColumn, AnyRow } from './columns.ts';
import { coloured, drawer, LINES_AT_ONCE } from './draw.ts';
import { cellsOf, fitted, headerCells, laneOf, problemLine, shownColumns, whenIn } from './grid.ts';
import { GAP, type Lane, lineWidth } from './layout.ts';
import type { Batches, Look, Renderer } from './renderer.ts';
import { stream } from './stream.ts';
import { widthOf } from './width.ts';

/** The widest text of each column. */
function widest(columns: readonly AnyColumn[], lines: readonly (readonly Cell[])[]): number[] {
  return columns.map((_, i) =>
    lines.reduce((most, cells) => Math.max(most, widthOf(cells[i]?.text ?? '')), 0),
  );
}

async function* list(
  columns: readonly AnyColumn[],
  batches: Batches,
  look: Look,
): AsyncGenerator<string> {
  const rows: AnyRow[] = [];
  for await (const batch of batches) for (const row of batch) rows.push(row);
  if (rows.length === 0) return;
  const draw = await drawer(look.colours);
  const all = layOut(shownColumns(columns, rows), rows, look);
  const isRoomy = look.width === undefined || all.width <= look.width;
  // A problem is rare and long: rather than narrow every row for it, it goes on a line of its own.
  const { shown, lines, lanes } = isRoomy ? all : layOut(shownColumns(columns, []), rows, look);
  const fitting = fitted(shown, lanes, look);
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
    const some = lines.slice(from, from + LINES_AT_ONCE);
    const problems = isRoomy ? [] : some.map((_, i) => problemLine(rows[from + i - 1] ?? {}, look));
    yield withLines(draw(some, fitting), problems);
  }
}

interface Layout {
  shown: readonly AnyColumn[];
  /** The header and the rows. */
  lines: readonly (readonly Cell[])[];
  lanes: readonly Lane[];
  /** Cells of a line with nothing cut. */
  width: number;
}

function layOut(shown: readonly AnyColumn[], rows: readonly AnyRow[], look: Look): Layout {
  const when = whenIn(look, true);
  const lines = [headerCells(shown, look, true), ...rows.map((row) => cellsOf(shown, row, when))];
  const widths = widest(shown, lines);
  const lanes = shown.map((column, i) => laneOf(column, widths[i] ?? 0));
  return { shown, lines, lanes, width: lineWidth(widths) };
}

/** Lines of text, each with what belongs beneath it. */
function withLines(text: string, beneath: readonly string[]): string {
  if (beneath.every((line) => line === '')) return text;
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, i) => `${line}\n${beneath[i] ?? ''}`).join('');
}

/** `name  value` lines. Nothing is cut: whoever asks for one thing wants all of it. */
function one(columns: readonly AnyColumn[], row: AnyRow, look: Look): string {
  const shown = shownColumns(columns, [row]);
  const cells = cellsOf(shown, row, (ms) => wholeTime(ms, look));
  const width = Math.max(...shown.map(({ name }) => name.length));
  const lines = shown.map(({ name }, i) => {
    const label = coloured({ text: name, tone: 'quiet' }, look.colours);
    const value = coloured(cells[i] ?? { text: '' }, look.colours);
    return `${label}${' '.repeat(width - name.length)}${GAP}${value}`.trimEnd();
  });
  return `${lines.join('\n')}\n`;
}

export const table: Renderer = { list, stream, one };
