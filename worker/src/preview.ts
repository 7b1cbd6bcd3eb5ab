/** The short form in which a message is remembered. */
import { PREVIEW_LENGTH, READ_LENGTH } from './limits.ts';

/** What must not be remembered, by what stands in its place. Each pattern runs in linear time. */
const HIDDEN = {
  '[email]': /[\w.+-]{1,64}@[\w-]+(\.[\w-]+)+/g,
  // 13 to 19 digits, in groups or not (ISO/IEC 7812-1).
  '[card]': /\b\d([ -]?\d){12,18}\b/g,
  // What is called one, and any long run of letters with digits: keys, tokens, lines of a private key.
  '[secret]':
    /\b(bearer|(pass\w*|secret|token|api.?key)( is|\s*[:=]))\s*\S+|(?<![\w+/=-])(?=[a-z_+/=-]*\d)[\w+/=-]{20,}/gi,
};

/** The beginning of a message on one line, with secrets, e-mail addresses and card numbers taken out. */
export function previewOf(message: string): string {
  let text = message.slice(0, READ_LENGTH);
  for (const [stand, pattern] of Object.entries(HIDDEN)) text = text.replace(pattern, stand);
  text = text.replace(/\s+/g, ' ').trim();
  // No half of a character at the end.
  return text.slice(0, PREVIEW_LENGTH).replace(/\p{Surrogate}$/u, '');
}
