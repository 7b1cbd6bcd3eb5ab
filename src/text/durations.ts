/** Durations and instants as people type them. Times without a zone are UTC, as all of goblin's output is. */
import milliseconds, { type StringValue } from 'ms';
import { usageError } from '../contract/errors.ts';
import { nearest } from './nearest.ts';

const DAY = 86_400_000;

/** A hundred years: no record lives as long, and beyond lie dates that cannot be written. */
const LONGEST = 36_525 * DAY;

const PART = String.raw`\d+(?:\.\d+)?(?:ms|s|m|h|d|w)`;
const DURATION = new RegExp(`^(?:${PART})+$`);

const DURATION_FORMS = 'Write 250ms, 90s, 15m, 1h, 7d or 1h30m.';
const INSTANT_FORMS =
  'Write 15m, 1h or 7d (ago), now, today, yesterday, 2025-06-01, 2025-06-01T12:30Z or Unix time.';

/** The largest unit that gives a whole number: 3,600,000 is `1h`. */
function shortest(ms: number): string {
  const units: readonly [string, number][] = [
    ['d', DAY],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ];
  const [letter, size] = units.find(([, size]) => ms % size === 0) ?? ['ms', 1];
  return `${ms / size}${letter}`;
}

/** What `text` was probably meant to be: `1h` for `1hour`, `10s, 10m or 10h` for `10`. */
function meant(text: string): string | undefined {
  // The library throws where there is no text, or too much of it.
  if (text === '' || text.length > 100) return undefined;
  if (/^\d+$/.test(text)) return `${text}s, ${text}m or ${text}h`;
  const loose = milliseconds(text.toLowerCase().replace(/^-/, '') as StringValue);
  return Number.isFinite(loose) && loose <= LONGEST ? shortest(Math.round(loose)) : undefined;
}

const hint = (guess: string | undefined, forms: string): string =>
  guess === undefined ? forms : `Did you mean ${guess}? ${forms}`;

/**
 * Milliseconds of `90s`, `15m`, `1h30m`, `7d`, `250ms`: a number and a unit (ms s m h d w), once or more,
 * no sign, no space. Throws a usage error that names the nearest right form for anything else.
 */
export function parseDuration(text: string): number {
  if (!DURATION.test(text)) {
    throw usageError('bad_duration', `"${text}" is no duration`, hint(meant(text), DURATION_FORMS));
  }
  const parts = text.match(new RegExp(PART, 'g')) ?? [];
  const total = parts.reduce((sum, part) => sum + milliseconds(part as StringValue), 0);
  // Written so that NaN is refused too: the library gives it for a number of a hundred digits.
  if (!(total <= LONGEST)) {
    throw usageError('bad_duration', `"${text}" is too long`, 'A duration is at most 100 years.');
  }
  return Math.round(total);
}

const startOfDay = (ms: number): number => ms - (((ms % DAY) + DAY) % DAY);

const WORDS: Readonly<Record<string, (now: number) => number>> = {
  now: (now) => now,
  today: startOfDay,
  yesterday: (now) => startOfDay(now) - DAY,
};

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:\d\d)?)?$/i;

/** Milliseconds of an ISO 8601 date or time, or undefined where it is none or there is no such day. */
function fromIso(text: string): number | undefined {
  const [, day, time = '00:00', zone = 'Z'] = ISO.exec(text) ?? [];
  if (day === undefined) return undefined;
  const midnight = Date.parse(`${day}T00:00Z`);
  // A Date takes 30 February for 1 or 2 March.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined;
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Milliseconds of a Unix time: 9 to 11 digits are seconds (1973 to 5138), 12 to 14 milliseconds. */
function fromEpoch(text: string): number | undefined {
  if (/^\d{9,11}$/.test(text)) return Number(text) * 1000;
  return /^\d{12,14}$/.test(text) ? Number(text) : undefined;
}

/**
 * The instant (ms since 1970) that `--since` or `--until` names: a duration ago (`15m`), `now`, `today` or
 * `yesterday` (where that day began in UTC), an ISO date or time, Unix seconds or milliseconds. Throws a
 * usage error that names the nearest right form for anything else.
 */
export function parseInstant(text: string, now: number): number {
  const word = Object.hasOwn(WORDS, text) ? WORDS[text]?.(now) : undefined;
  const instant = word ?? fromIso(text) ?? fromEpoch(text);
  if (instant !== undefined) return instant;
  if (DURATION.test(text)) return now - parseDuration(text);
  const guess = meant(text) ?? nearest(text, Object.keys(WORDS));
  throw usageError('bad_time', `"${text}" is no time`, hint(guess, INSTANT_FORMS));
}
