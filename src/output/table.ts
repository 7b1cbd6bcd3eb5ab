/** Rows for people: columns side by side, drawn by `draw.ts`. */
import type { Cell } from './cell.ts';
import { wholeTime } from './clock.ts';
import type { AnyColumn, AnyRow } from './columns.ts';
import { coloured, drawer, LINES_AT_ONCE } from './draw.ts';
import { cellsOf, fitted, headerCells, laneOf, shownColumns, whenIn } from './grid.ts';
import { GAP } from './layout.ts';
import type { Batches, Look, Renderer } from './renderer.ts';
import { stream } from './stream.ts';
import { widthOf } from './text.ts';

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
  const shown = shownColumns(columns, rows);
  const when = whenIn(look, true);
  const lines = [headerCells(shown, look, true), ...rows.map((row) => cellsOf(shown, row, when))];
  const natural = widest(shown, lines);
  const lanes = fitted(
    shown,
    shown.map((column, i) => laneOf(column, natural[i] ?? 0)),
    look,
  );
  const draw = await drawer(look.colours);
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
    yield draw(lines.slice(from, from + LINES_AT_ONCE), lanes);
  }
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
