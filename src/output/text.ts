/**
 * Text safety. Anyone who reaches the edge can write keys and values, so no control character of theirs may reach
 * a terminal, and no text may be shown in another order than it is stored in.
 */
import cellWidth from 'fast-string-truncated-width';

/**
 * Characters that are not seen: controls, format characters (bidi, zero-width, tags), line and paragraph
 * separators, lone surrogates, and blank fillers. The two variation selectors of emoji
 * stay: they only change a glyph.
 */
const HIDDEN =
  /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The same without C0, which JSON itself escapes and which it needs for its own line ends. */
const HIDDEN_IN_JSON =
  /(?![\ufe0e\ufe0f])[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const PLAIN = /^[\x20-\x7e]*$/;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeSequence(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code > 0xffff) return `\\u{${hex}}`;
  return code > 0xff ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`;
}

/**
 * `text` with everything unseen written out: ESC as `\x1b`, a right-to-left override as `\u202e`, a line
 * end as `\n`. Characters in `keep` stay as they are.
 */
export function visible(text: string, keep = ''): string {
  if (isPlain(text)) return text;
  return text.replace(HIDDEN, (char) =>
    keep.includes(char) ? char : (SHORT[char] ?? escapeSequence(char)),
  );
}

/** Each UTF-16 unit of `char` as JSON writes it. */
function jsonEscape(char: string): string {
  const units = Array.from({ length: char.length }, (_, i) => char.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** JSON that any parser reads back to the same value and that is safe to look at on a terminal. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(HIDDEN_IN_JSON, jsonEscape);
}

/** Whether a text is printable ASCII, each character of which takes up one cell. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

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
