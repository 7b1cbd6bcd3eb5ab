/**
 * Text safety. Anyone who reaches the edge can write keys and values, so no control character of theirs may reach
 * a terminal, and no text may be shown in another order than it is stored in.
 */
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
  // What has no face of its own: controls, format characters (bidi, zero-width, tags), line and paragraph
  // separators, lone surrogates, and fillers that show as nothing. The two variation selectors of emoji
  // stay: they change a glyph and hide none. Compiled here, because that takes a millisecond that most
  // commands do not need.
  const hidden =
    /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
  return text.replace(hidden, (char) =>
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
  // As in `visible`, without C0, which JSON itself escapes and which it needs for its own line ends.
  const hidden =
    /(?![\ufe0e\ufe0f])[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
  return JSON.stringify(value, null, indent).replace(hidden, jsonEscape);
}

/** Whether a text is printable ASCII, each character of which takes up one cell. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}
