/**
 * Times as they were ever stored: milliseconds (today), seconds, numbers in quotes, ISO 8601 text, and the
 * `YYYY-MM-DD HH:MM:SS` of SQL. A time without a zone is UTC, whatever the zone of this machine.
 */

/** A smaller number is in seconds: as milliseconds it would be before March 1973. */
const SECONDS_BELOW = 1e11;
/** The last instant a JavaScript Date can hold. */
const LAST_INSTANT = 8.64e15;

const DATE_TIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** Milliseconds since 1970 of a stored time in any spelling, or null if it is not a time. */
export function toMilliseconds(stored: unknown): number | null {
  if (typeof stored === 'number') return fromNumber(stored);
  if (typeof stored !== 'string') return null;
  return /^\d+(\.\d+)?$/.test(stored) ? fromNumber(Number(stored)) : fromText(stored);
}

function fromNumber(stored: number): number | null {
  const ms = Math.trunc(stored < SECONDS_BELOW ? stored * 1000 : stored);
  return ms >= 0 && ms <= LAST_INSTANT ? ms : null;
}

/** Only complete forms go to `Date.parse`, which takes others for local time. */
function fromText(stored: string): number | null {
  const [, day, time = '00:00', zone = 'Z'] = DATE_TIME.exec(stored) ?? [];
  if (day === undefined) return null;
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? null : ms;
}
