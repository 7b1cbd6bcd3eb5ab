/**
 * Columns side by side, in cells of the terminal. A list may be 100,000 rows long, so a line is laid out
 * by itself once the widths are known.
 */
import type { Cell } from './cell.ts';
import type { Colours } from './colour.ts';
import { truncate, widthOf } from './width.ts';

const GAP = '  ';

/** Ends each line where there were more columns than room. */
const MORE = '…';

/** Text columns are not narrowed below this, so that something of each can be read. */
const NARROWEST = 8;

export interface Lane {
  /** Cells that the widest of its texts takes up. */
  width: number;
  alignRight: boolean;
  /** Whether it gives way where the line is too long. */
  shrinks: boolean;
}

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);

/** Each width, or the widest text of its column where that is more. */
export function widened(widths: readonly number[], lines: readonly (readonly Cell[])[]): number[] {
  const widest = [...widths];
  for (const cells of lines) {
    for (const [i, { text }] of cells.entries()) {
      widest[i] = Math.max(widest[i] ?? 0, widthOf(text));
    }
  }
  return widest;
}

/** Every shrinking lane cut to `cap`. */
const cut = (lanes: readonly Lane[], cap: number): number[] =>
  lanes.map(({ width, shrinks }) => (shrinks ? Math.min(width, cap) : width));

/** Of each width what has room within `limit`, from the left: a text in part, anything else whole or not. */
function crop(lanes: readonly Lane[], widths: readonly number[], limit: number): number[] {
  let left = limit;
  return widths.map((width, i) => {
    const part = lanes[i]?.shrinks ? Math.max(0, left) : 0;
    const room = width <= left ? width : part;
    left -= width + GAP.length;
    return room;
  });
}

interface Fit {
  /** Of each lane; 0 for one that is left out. */
  widths: number[];
  /** Whether something is left out, so that every line has to say so. */
  more: boolean;
}

/**
 * The widths with which a line takes up at most `limit` cells: the widest of the shrinking lanes give way
 * first; where that is not enough, the line ends early.
 */
function fitWidths(lanes: readonly Lane[], limit: number | undefined): Fit {
  const natural = lanes.map(({ width }) => width);
  if (limit === undefined || total(natural) <= limit) return { widths: natural, more: false };
  let cap = limit;
  while (cap > NARROWEST && total(cut(lanes, cap)) > limit) cap -= 1;
  const widths = cut(lanes, cap);
  if (total(widths) <= limit) return { widths, more: false };
  return { widths: crop(lanes, widths, limit - GAP.length - MORE.length), more: true };
}

function place(cell: Cell, width: number, alignRight: boolean, colours: Colours): string {
  const text = truncate(cell.text, width);
  const padding = ' '.repeat(width - widthOf(text));
  const shown = cell.style && text !== '' ? colours[cell.style](text) : text;
  return alignRight ? padding + shown : shown + padding;
}

function layLine(
  cells: readonly Cell[],
  lanes: readonly Lane[],
  { widths, more }: Fit,
  colours: Colours,
): string {
  const placed = cells.flatMap((cell, i) => {
    const width = widths[i] ?? 0;
    return width === 0 ? [] : [place(cell, width, lanes[i]?.alignRight ?? false, colours)];
  });
  return [...placed, ...(more ? [MORE] : [])].join(GAP).trimEnd();
}

/**
 * Lines of text, each within `limit` cells if there is one, without spaces at their ends. A line that has
 * no room for all of its lanes ends in `…`.
 */
export function layOut(
  lines: readonly (readonly Cell[])[],
  lanes: readonly Lane[],
  limit: number | undefined,
  colours: Colours,
): string {
  const fit = fitWidths(lanes, limit);
  return lines.map((cells) => `${layLine(cells, lanes, fit, colours)}\n`).join('');
}
