/**
 * Lines of cells, drawn by cli-table3. It takes time that is quadratic in the rows of a table, so a list is
 * drawn in many small tables with the same fixed widths. What a column is wide, and what is cut, is decided
 * before.
 */
import type Table from 'cli-table3';
import type { Cell } from './cell.ts';
import type { Colours } from './colour.ts';
import type { Tone } from './columns.ts';
import { GAP, type Lane } from './layout.ts';
import { isPlain } from './text.ts';
import { truncate, widthOf } from './width.ts';

/** Lines in one table: few enough to be quick. */
export const LINES_AT_ONCE = 100;

/** No borders, and a gap between columns. */
const CHARS = {
  ...Object.fromEntries(
    ['top', 'bottom', 'left', 'mid', 'right'].flatMap((side) =>
      [side, `${side}-mid`, `${side}-left`, `${side}-right`].map((name) => [name, '']),
    ),
  ),
  middle: GAP,
};

const STYLE = { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true };

/**
 * Takes the place of a text with characters outside ASCII, cell by cell: cli-table3 knows the widths of an old
 * version of Unicode, and would misplace what follows. It is private, and stored text that holds it is not ASCII.
 */
const STAND_IN = '\u{E000}';
const STAND_INS = new RegExp(`${STAND_IN}+`, 'g');

const TONES = { good: 'green', care: 'yellow', bad: 'red', quiet: 'dim' } as const satisfies Record<
  Tone,
  keyof Colours
>;

/** A text in the colour of what it means; reversed where it is new. */
export function coloured({ text, tone, fresh }: Cell, colours: Colours): string {
  if (text === '') return text;
  const toned = tone === undefined ? text : colours[TONES[tone]](text);
  return fresh ? colours.inverse(toned) : toned;
}

export type Draw = (lines: readonly (readonly Cell[])[], lanes: readonly Lane[]) => string;

/** Loads what draws. Lanes of width 0 are left out; lines have no blanks at their ends. */
export async function drawer(colours: Colours): Promise<Draw> {
  const { default: Tables } = await import('cli-table3');
  return (lines, lanes) => {
    let text = '';
    for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
      text += drawTable(Tables, lines.slice(from, from + LINES_AT_ONCE), lanes, colours);
    }
    return text;
  };
}

function drawTable(
  Tables: typeof Table,
  lines: readonly (readonly Cell[])[],
  lanes: readonly Lane[],
  colours: Colours,
): string {
  const present = [...lanes.entries()].filter(([, { width }]) => width > 0);
  const drawn = new Tables({
    chars: CHARS,
    style: STYLE,
    colWidths: present.map(([, { width }]) => width),
    colAligns: present.map(([, { alignRight }]) => (alignRight ? 'right' : 'left')),
  });
  const replaced: string[] = [];
  const content = (cell: Cell, width: number): string => {
    const cut = { ...cell, text: truncate(cell.text, width) };
    const shown = coloured(cut, colours);
    if (isPlain(cut.text)) return shown;
    replaced.push(shown);
    return STAND_IN.repeat(widthOf(cut.text));
  };
  for (const cells of lines) {
    drawn.push(present.map(([i, { width }]) => content(cells[i] ?? { text: '' }, width)));
  }
  const text = drawn
    .toString()
    .replace(STAND_INS, () => replaced.shift() ?? '')
    .replace(/ +$/gm, '');
  return `${text}\n`;
}
