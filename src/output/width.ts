/** How wide text is on a terminal. Apart from `text.ts`, for the library's tables are loaded with it. */
import cellWidth from 'fast-string-truncated-width';
import { isPlain } from './text.ts';

/**
 * Cells that `text` takes up on a terminal: two for East Asian wide characters and emoji. What has no width of
 * its own counts as one.
 */
export function widthOf(text: string): number {
  return isPlain(text) ? text.length : Math.max(1, cellWidth(text).width);
}

/** As many characters, as people count them, as `width` cells hold. */
function prefix(text: string, width: number): string {
  let taken = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (widthOf(taken + segment) > width) break;
    taken += segment;
  }
  return taken;
}

/** `text` in at most `width` cells; where something is cut off, `…` stands at the end. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  return `${isPlain(text) ? text.slice(0, width - 1) : prefix(text, width - 1)}…`;
}
