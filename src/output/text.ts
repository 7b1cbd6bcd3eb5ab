/**
 * Text safety. Anyone who reaches the edge can write keys and values, so no control character of theirs may reach
 * a terminal, and no text may be shown in another order than it is stored in.
 */
import { once } from '../contract/once.ts';

const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Characters that show as nothing, beside the controls: format characters (bidi, zero-width, tags), line and
 * paragraph separators, and fillers. The two variation selectors of emoji are not among them: they change a
 * glyph and hide none.
 */
const UNSEEN = String.raw`\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}`;

/**
 * A pattern for single characters of a class. It is built when it is first used: V8 looks up the properties
 * of a literal when it loads the file, which costs every command more than a millisecond.
 */
function patternOf(characters: string): () => RegExp {
  return once(() => new RegExp(`(?![\\ufe0e\\ufe0f])[${characters}]`, 'gu'));
}

const hiddenInText = patternOf(String.raw`\p{Cc}\p{Cs}${UNSEEN}`);

/** Without C0, which JSON itself escapes and which it needs for its own line ends. */
const hiddenInJson = patternOf(String.raw`\x7f-\x9f${UNSEEN}`);

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
  return text.replace(hiddenInText(), (char) =>
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
  return JSON.stringify(value, null, indent).replace(hiddenInJson(), jsonEscape);
}

/** Whether a text is printable ASCII, each character of which takes up one cell. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}
