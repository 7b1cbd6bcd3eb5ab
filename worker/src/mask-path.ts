/** Paths as they may be stored: without what looks like a token. */

const MASK = '[token]';
/** A shorter bearer is likely to be an ordinary word of the path. */
const LEAST_BEARER = 8;
/** Shorter segments are names, and so is one that consists of words and numbers. */
const LEAST_LENGTH = 20;
const RANDOM = /[a-z\d]{8,}/gi;
/** No word is as long as this. */
const LONGEST_WORD = 24;

/** @param bearer the caller's own token, which is masked in any case; empty where there is none. */
export function maskPath(path: string, bearer: string): string {
  return path
    .split('/')
    .map((segment) => (isToken(segment, bearer) ? MASK : segment))
    .join('/');
}

function isToken(segment: string, bearer: string): boolean {
  if (bearer.length >= LEAST_BEARER && segment.includes(bearer)) return true;
  return segment.length >= LEAST_LENGTH && (segment.match(RANDOM) ?? []).some(isRandom);
}

/** Letters and digits mixed, or an endless word. */
function isRandom(run: string): boolean {
  return run.length >= LONGEST_WORD || (/\d/.test(run) && /[a-z]/i.test(run));
}
