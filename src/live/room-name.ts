/** Names of rooms: one spelling for each, whatever Unicode form it was typed in. */

/** Characters (code points) of the longest name, after normalisation. */
export const MAX_ROOM_NAME = 100;

/**
 * Controls, format characters (bidi, zero width), lone surrogates, line breaks, and slashes, which a server
 * in between may take for a separator of paths.
 */
const REFUSED = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}/\\]/u;

/**
 * The name under which a room is found: in normalisation form C, so that `é` is one character however it
 * was composed.
 * @returns undefined where the text is not a valid name: empty, `.`, `..`, over 100 characters, with blanks
 * around it, or with characters that nobody can see.
 */
export function roomName(text: string): string | undefined {
  // Normalising 10 KB only to refuse it would be work for nothing; no form is four times as long as NFC.
  if (text.length > MAX_ROOM_NAME * 8) return;
  const name = text.normalize('NFC');
  if (name === '' || name === '.' || name === '..' || name.trim() !== name) return;
  if (REFUSED.test(name) || [...name].length > MAX_ROOM_NAME) return;
  return name;
}
