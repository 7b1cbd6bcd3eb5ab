/** Bars and lines out of block characters. */

/** A bar to an eighth of a cell. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar for `value`, `width` cells where it is `most`. What is not nothing shows at least a sliver. */
export function bar(value: number, most: number, width: number): string {
  if (value <= 0 || most <= 0) return '';
  const eighths = Math.max(1, Math.round((value / most) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

const HEIGHTS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Cells of a sparkline at most. */
const LINE_WIDTH = 30;

/**
 * The course of counts, a cell for each, or for as many of them as fit into 30 cells. Nothing at all is a dot, so that
 * one event stands out.
 */
export function sparkline(counts: readonly number[]): string {
  const each = Math.ceil(counts.length / LINE_WIDTH);
  const cells = Array.from({ length: Math.ceil(counts.length / each) }, (_, i) =>
    counts.slice(i * each, (i + 1) * each).reduce((sum, count) => sum + count, 0),
  );
  const most = Math.max(...cells);
  return cells
    .map((count) => (count === 0 ? '·' : HEIGHTS[Math.ceil((count / most) * 8) - 1]))
    .join('');
}
