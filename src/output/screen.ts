/** A table that is drawn anew in its place on a terminal, with a line beneath it. */
import type { Sink } from '../io/streams.ts';
import { type AnyRow, anyColumns, type Column, type Shown } from './columns.ts';
import type { Look, Renderer } from './renderer.ts';
import { visible } from './text.ts';
import { truncate } from './width.ts';

/** What is to be seen at one moment. */
export interface View<Row> {
  rows: readonly Shown<Row>[];
  /** What the rows are, or what is wrong with them: one line. */
  status: string;
}

export interface Screen {
  stdout: Sink;
  /** As it is at this moment: times are told from now, and the terminal may have been made smaller. */
  look(): Promise<Look>;
  renderer: Renderer;
}

/** Lines of a terminal that does not know its height. */
const DEFAULT_HEIGHT = 24;

/**
 * Draws each view over the one before. It uses no second screen, so that the last view stays when the command
 * ends, however it ends.
 */
export async function drawScreen<Row extends object>(
  { stdout, look, renderer }: Screen,
  columns: readonly Column<Row>[],
  views: AsyncIterable<View<Row>>,
): Promise<void> {
  let height = 0;
  for await (const { rows, status } of views) {
    const here = await look();
    const lines: string[] = [];
    for await (const text of renderer.list(anyColumns(columns), once(rows), here)) {
      lines.push(...text.split('\n').slice(0, -1));
    }
    const shown = cropped(lines, stdout.rows || DEFAULT_HEIGHT);
    shown.push(truncate(visible(status), (here.width ?? 1) - 1));
    // Up to where the last view began, and nothing of it is left.
    const back = height > 0 ? `\x1b[${height}F\x1b[J` : '';
    await stdout.write(`${back}${shown.join('\n')}\n`);
    height = shown.length;
  }
}

async function* once(rows: readonly object[]): AsyncGenerator<readonly AnyRow[]> {
  yield rows as readonly AnyRow[];
}

/** As many lines as the terminal has beside the status line and the cursor's: what scrolled away stays away. */
function cropped(lines: readonly string[], terminal: number): string[] {
  const room = Math.max(1, terminal - 2);
  if (lines.length <= room) return [...lines];
  const kept = lines.slice(0, room - 1);
  return [...kept, `… and ${lines.length - kept.length} more`];
}
