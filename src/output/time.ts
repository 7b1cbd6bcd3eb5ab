/** How times and durations are shown to people. */
import { UNITS } from '../text/durations.ts';

/** Units in which durations are shown: weeks would hide that a record is kept for 7 days. */
const SHOWN_UNITS = UNITS.filter(({ letter }) => letter !== 'w' && letter !== 'ms');

/** Beyond this a date says more than a number of days. */
const DATE_AFTER_SECONDS = 90 * 86_400;

/** The last instant a JavaScript Date can hold, either way from 1970. */
const LAST_INSTANT = 8.64e15;

/** Whether `ms` since 1970 is an instant that can be written as a date. */
export function isInstant(ms: number): boolean {
  return Math.abs(ms) <= LAST_INSTANT;
}

/**
 * RFC 3339 in UTC with milliseconds: `2025-06-01T12:03:41.000Z`.
 * @throws {RangeError} where there is no such date
 */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same to the second: `2025-06-01T12:03:41Z`. */
export function utcTime(ms: number): string {
  return timestamp(ms).replace(/\.\d+Z$/, 'Z');
}

/** Minutes by which this machine's clock is ahead of UTC at that instant. */
function offsetAt(ms: number): number {
  return -new Date(ms).getTimezoneOffset();
}

/** The zone of this machine at an instant: `UTC`, `UTC+1`, `UTC-3:30`. */
export function zoneAt(ms: number): string {
  const offset = offsetAt(ms);
  if (offset === 0) return 'UTC';
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const rest = minutes === 0 ? '' : `:${String(minutes).padStart(2, '0')}`;
  return `UTC${offset < 0 ? '-' : '+'}${hours}${rest}`;
}

/**
 * An instant on this machine's clock: `2025-06-01 14:03:41`. The zone at `now` is named beside it; an instant in
 * another zone, across a change to summer time, names its own.
 */
export function localTime(ms: number, now: number): string {
  const shifted = ms + offsetAt(ms) * 60_000;
  if (!isInstant(shifted)) return utcTime(ms);
  const local = timestamp(shifted).replace('T', ' ').slice(0, -5);
  return zoneAt(ms) === zoneAt(now) ? local : `${local} ${zoneAt(ms)}`;
}

/** Whole `seconds` in its largest units, at most `parts` of them: `[2h, 3m]`. */
function split(seconds: number, parts: number): string[] {
  const first = SHOWN_UNITS.findIndex(({ ms }) => seconds * 1000 >= ms);
  if (first < 0) return ['0s'];
  let rest = seconds;
  return SHOWN_UNITS.slice(first, first + parts).flatMap(({ letter, ms }) => {
    const count = Math.floor((rest * 1000) / ms);
    rest -= (count * ms) / 1000;
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
