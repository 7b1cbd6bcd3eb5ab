/** A terminal that shows one frame at a time, apart from what stood on it before. */
import { stripVTControlCharacters } from 'node:util';
import type { Sink } from '../io/streams.ts';
import { widthOf } from '../output/width.ts';

/** xterm's second screen, which has no scrollback; the first one comes back unharmed. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

const DEFAULT_SIZE = { columns: 80, rows: 24 };

/** What stands on the screen from top to bottom, in lines. */
export interface Frame {
  head: readonly string[];
  /** The list: its line of column heads, and its rows. */
  body: readonly string[];
  foot: readonly string[];
  /** Which rows are kept where there are more than fit: those of a list in order of time are the last. */
  keep: 'first' | 'last';
}

export interface Screen {
  draw(frame: Frame): Promise<void>;
  leave(): Promise<void>;
}

export async function enterScreen(sink: Sink): Promise<Screen> {
  await sink.write(ENTER);
  return {
    async draw(frame) {
      const size = {
        columns: sink.columns || DEFAULT_SIZE.columns,
        rows: sink.rows || DEFAULT_SIZE.rows,
      };
      const lines = fitted(frame, size);
      await sink.write(`${HOME}${lines.map((line) => line + CLEAR_LINE).join('\n')}${CLEAR_BELOW}`);
    },
    leave: () => sink.write(LEAVE),
  };
}

/** The lines of a frame that fit on a screen; a line tells how many rows are left out. */
export function fitted({ head, body, foot, keep }: Frame, size: typeof DEFAULT_SIZE): string[] {
  const linesOf = (line: string) => {
    const width = widthOf(stripVTControlCharacters(line));
    return Math.max(1, Math.ceil(width / size.columns));
  };
  const room = size.rows - [...head, ...foot].reduce((sum, line) => sum + linesOf(line), 0);
  const [heads = '', ...rows] = body;
  if (body.reduce((sum, line) => sum + linesOf(line), 0) <= room)
    return [...head, ...body, ...foot];
  const kept: string[] = [];
  // One line for the column heads, and one that tells what is left out.
  let left = room - linesOf(heads) - 1;
  for (const row of keep === 'first' ? rows : rows.reverse()) {
    left -= linesOf(row);
    if (left < 0) break;
    kept.push(row);
  }
  const missing = (rows.length - kept.length).toLocaleString('en-US');
  const shown =
    keep === 'first'
      ? [...kept, `… and ${missing} more below`]
      : [`… ${missing} more above`, ...kept.reverse()];
  return [...head, heads, ...shown, ...foot];
}
