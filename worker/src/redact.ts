/**
 * Takes out of a text what must not be remembered. It is by rules of thumb: it cannot know a password that
 * nothing calls one. All patterns run in linear time: repetitions that may fail are bounded.
 */
import { withoutCards } from './cards.ts';

const SECRET = '[secret]';

/** Credentials in a URL, for whatever scheme. */
const IN_URL = /:\/\/[^\s/?#]{1,500}@/g;

/** An e-mail address, in the letters of any script. It begins where no letter of it stands before. */
const LOCAL = "[\\p{L}\\p{N}\\p{M}.!#$%&'*+/=?^_`{|}~-]";
const LABEL = '[\\p{L}\\p{N}\\p{M}-]{1,63}';
const EMAIL = new RegExp(`(?<!${LOCAL})${LOCAL}+[@＠]${LABEL}(?:\\.${LABEL})+`, 'gu');

/** What is called secret. `tokens` are not: they are what models count in. */
const NAME =
  '(?:passw(?:or[dt]s?|d)|passcodes?|\\bpwd\\b|kennwort|secrets?|token(?!s)|credentials?' +
  '|(?:api|access|private|secret|auth|client|encryption|signing)[\\s_-]?key)';
const VALUE = '(?:"[^"\\n]*"?|\'[^\'\\n]*\'?|`[^`\\n]*`?|“[^”\\n]*”?|‘[^’\\n]*’?|\\S+)';
const WHOSE = '(?:\\s{1,3}(?:for|of|on|at)(?:\\s{1,3}[^\\s:=]{1,30}){1,4}?)?';
const SIGN = '["\'`”’]?\\s{0,3}(?::=|=>|->|[:=→])\\s{0,3}';
const VERB = '\\s{1,3}(?:is|was|are|were|will be|ist|lautet)\\s{0,3}:?\\s{1,3}';
/** What follows `password is` where a sentence about the password goes on. */
const NO_VALUE =
  '(?!(?:not|never|wrong|incorrect|invalid|correct|expired|required|missing|empty|too|being|set|stored|saved' +
  '|weak|strong|safe|secure|the|an?|my|your|our|their|this|that|it|be|no|in|on)(?:[\\s.,;!?]|$))';
/** A word with a digit or a sign in it, or anything in quotes. */
const ODD = '(?:"[^"\\n]{1,200}"|(?=\\S{0,60}[\\d!#$%^&*])(?=\\S{4})\\S+)';

const NAMED = new RegExp(
  `["'\`“‘]?${NAME}(?:${WHOSE}(?:${SIGN}|${VERB}${NO_VALUE})${VALUE}|\\s{1,3}(?:to\\s{1,3})?${ODD})`,
  'giu',
);
/** `hunter2 is my password`. */
const REVERSED = new RegExp(
  `(?<!\\S)${ODD}\\s(?:is|was)\\s(?:my|our|the)\\s(?:\\w{1,12}\\s)?(?:${NAME}|pin\\b)`,
  'giu',
);
/** `change my password to swordfish`: only after such a verb, for there are passwords to log in as well. */
const CHANGED = new RegExp(
  `(\\b(?:set|chang\\w{1,3}|reset|updat\\w{1,3})\\s{1,3}(?:\\w{1,12}\\s{1,3}){0,3})` +
    `passw(?:or[dt]s?|d)\\s{1,3}to\\s{1,3}${NO_VALUE}${VALUE}`,
  'giu',
);
/** Names that are too common to be taken for one without a sign. */
const PASS = new RegExp(`["']?\\bpass(?:phrase)?${SIGN}${VALUE}`, 'giu');
const PHRASE =
  /\b(?:passphrase|seed phrase|recovery phrase|mnemonic)(?: is| was|\s{0,3}[:=])[^\n]*/gi;
const HEADER =
  /\b(?:bearer\s{1,3}(?=\S{0,200}[\d._~+/=-]\S)|basic\s{1,3}(?=[\w+/]{8,200}={1,2}))\S+/gi;
const PIN =
  /\b(?:pin|cvv|cvc2?|otp|(?:security|verification|access) code)(?: code| number)?(?:\s{0,3}[:=]\s{0,3}| is | was |\s{1,3})\d{3,8}\b/gi;

const JWT = /\beyJ[\w-]{5,}(?:\.[\w-]+){1,4}/g;
/** Any long run of letters with digits: keys, tokens, lines of a private key. */
const RUN = /[\w+/=-]{20,}/g;
/** A part of it that people write: a number or a word. */
const PLAIN = /^(?:\d*|[A-Z]?[a-z]{0,15}|[A-Z]{1,15})$/;

/** A text with `[secret]`, `[email]` and `[card]` in the place of those. */
export function redact(text: string): string {
  return withoutCards(
    text
      .replace(IN_URL, `://${SECRET}@`)
      .replace(JWT, SECRET)
      .replace(PHRASE, SECRET)
      .replace(HEADER, SECRET)
      .replace(REVERSED, SECRET)
      .replace(CHANGED, `$1${SECRET}`)
      .replace(NAMED, SECRET)
      .replace(PASS, SECRET)
      .replace(PIN, SECRET)
      .replace(EMAIL, '[email]'),
  ).replace(RUN, (run) => (isReadable(run) ? run : SECRET));
}

/** Whether a long run is something like `release-2026-11-22` or `docs/guides/install`. */
function isReadable(run: string): boolean {
  return !/\d/.test(run) || run.split(/[-+/=_]/).every((part) => PLAIN.test(part));
}
