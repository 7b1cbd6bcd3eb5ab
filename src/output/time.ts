/** How times and durations are shown to people. */

interface Unit {
  letter: string;
  seconds: number;
}

const UNITS: readonly Unit[] = [
  { letter: 'd', seconds: 86_400 },
  { letter: 'h', seconds: 3_600 },
  { letter: 'm', seconds: 60 },
  { letter: 's', seconds: 1 },
];

/** Beyond this a date says more than a number of days. */
const DATE_AFTER_SECONDS = 90 * 86_400;

/** The last instant a JavaScript Date can hold, either way from 1970. */
const LAST_INSTANT = 8.64e15;

/** Whether `ms` since 1970 is an instant that can be written as a date. */
export function isInstant(ms: number): boolean {
  return Math.abs(ms) <= LAST_INSTANT;
}

/** RFC 3339 in UTC with milliseconds: `2025-06-01T12:03:41.000Z`. Throws RangeError where there is no such date. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** Whole `seconds` in its largest units, at most `parts` of them: `[2h, 3m]`. */
function split(seconds: number, parts: number): string[] {
  const first = UNITS.findIndex((unit) => seconds >= unit.seconds);
  if (first < 0) return ['0s'];
  let rest = seconds;
  return UNITS.slice(first, first + parts).flatMap(({ letter, seconds: size }) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? [] : [`${count}${letter}`];
  });
}

/** A duration in at most two units, rounded down: `45s`, `2h 3m`, `7d`; `250ms` below a second. */
export function duration(seconds: number): string {
  const sign = seconds < 0 ? '-' : '';
  const size = Math.abs(seconds);
  if (size > 0 && size < 1) return `${sign}${Math.min(999, Math.round(size * 1000))}ms`;
  return sign + split(Math.floor(size), 2).join(' ');
}

/** An instant seen from `now` (both ms since 1970): `3m ago`, `in 42s`, `now`, or a date beyond 90 days. */
export function relative(ms: number, now: number): string {
  const seconds = Math.floor(Math.abs(ms - now) / 1000);
  if (seconds === 0) return 'now';
  if (seconds > DATE_AFTER_SECONDS) return timestamp(ms).slice(0, 10);
  const [size] = split(seconds, 1);
  return ms < now ? `${size} ago` : `in ${size}`;
}
