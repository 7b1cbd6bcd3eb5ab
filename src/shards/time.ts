/**
 * Times as they were ever stored: milliseconds (today), seconds, ISO 8601 text, and numbers in quotes.
 */

/** Below this a number counts seconds: as milliseconds it would lie before March 1973. */
const SECONDS_BELOW = 1e11;
/** The last instant a JavaScript Date can hold. */
const LAST_INSTANT = 8.64e15;

/** Milliseconds since 1970 of a stored time in any spelling, or null where it is none. */
export function toMilliseconds(stored: unknown): number | null {
  if (typeof stored === 'number') return fromNumber(stored);
  if (typeof stored !== 'string' || stored === '') return null;
  if (/^\d+(\.\d+)?$/.test(stored)) return fromNumber(Number(stored));
  if (!/^\d{4}-\d\d-\d\d/.test(stored)) return null;
  const parsed = Date.parse(stored);
  return Number.isNaN(parsed) ? null : parsed;
}

function fromNumber(stored: number): number | null {
  const ms = Math.trunc(stored < SECONDS_BELOW ? stored * 1000 : stored);
  return ms >= 0 && ms <= LAST_INSTANT ? ms : null;
}
