/** The short form in which a message is remembered. */
import { clip } from '../../src/shards/summary.ts';

/** UTF-16 units of a preview: ten of them, escaped, stay under the 8 KB that servers take as a header. */
const PREVIEW_LENGTH = 100;
/** More of a message is not looked at; what is hidden in it makes room for what follows. */
const READ_LENGTH = 4000;

/** What must not be remembered, and what stands in its place. Each pattern runs in linear time. */
const HIDDEN: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]+-----[\s\S]*/g, '[secret]'],
  [/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, '[email]'],
  [
    /\b(bearer|(?:password|passwd|pwd|passphrase|secret|token|api[-_ ]?key)\s*(?:[:=]|\bis\b))\s*\S+/gi,
    '$1 [secret]',
  ],
  // Cards have 13 to 19 digits, in groups or not (ISO/IEC 7812-1).
  [/\b\d(?:[ -]?\d){12,18}\b/g, '[card]'],
  // Keys by their makers' prefixes, JSON Web Tokens, and any long run with both letters and digits.
  [/\b(?:sk|pk|rk|gh[a-z]|github_pat|glpat|xox[a-z]|AKIA|AIza|eyJ)[-_\w.]{8,}/g, '[secret]'],
  [/(?<![\w+/=-])(?=[a-z_+/=-]{0,200}\d)(?=[\d_+/=-]{0,200}[a-z])[\w+/=-]{20,}/gi, '[secret]'],
];

/** The beginning of a message on one line, with secrets, e-mail addresses and card numbers taken out. */
export function previewOf(message: string): string {
  let text = clip(message, READ_LENGTH);
  // The last word may be the first half of a secret, which no pattern would know.
  if (text.length < message.length) text = text.replace(/\S{1,400}$/, '');
  for (const [pattern, stand] of HIDDEN) text = text.replace(pattern, stand);
  return clip(text.replace(/\s+/g, ' ').trim(), PREVIEW_LENGTH);
}
