/** Durations and instants as people type them. Times without a zone are UTC, as all of goblin's output is. */
import { usageError } from '../contract/errors.ts';
import { nearest } from './nearest.ts';

export interface Unit {
  letter: string;
  ms: number;
  /** How people write it as well. */
  words: RegExp;
}

const DAY = 86_400_000;

/** The units of a duration, the largest first. */
export const UNITS: readonly Unit[] = [
  { letter: 'w', ms: 7 * DAY, words: /^(w|wks?|weeks?)$/ },
  { letter: 'd', ms: DAY, words: /^(d|days?)$/ },
  { letter: 'h', ms: 3_600_000, words: /^(h|hrs?|hours?)$/ },
  { letter: 'm', ms: 60_000, words: /^(m|mins?|minutes?)$/ },
  { letter: 's', ms: 1000, words: /^(s|secs?|seconds?)$/ },
  { letter: 'ms', ms: 1, words: /^(ms|msecs?|milliseconds?)$/ },
];

/** A hundred years: no record is kept as long, and later dates cannot be written. */
const LONGEST = 36_525 * DAY;

const PART = /(\d+(?:\.\d+)?)(ms|[smhdw])/g;
const DURATION = new RegExp(`^(?:${PART.source})+$`);

const DURATION_FORMS = 'Write 250ms, 90s, 15m, 1h, 7d or 1h30m.';
const INSTANT_FORMS =
  'Write 15m, 1h or 7d (ago), now, today, yesterday, 2025-06-01, 2025-06-01T12:30Z or Unix time.';

/** The largest unit up to a day that gives a whole number: 3,600,000 is `1h`. */
function shortest(ms: number): string {
  const unit = UNITS.find(({ letter, ms: size }) => letter !== 'w' && ms % size === 0);
  return unit ? `${ms / unit.ms}${unit.letter}` : `${ms}ms`;
}

/** What `text` was probably meant to be: `1h` for `1hour`, `10s, 10m or 10h` for `10`. */
function meant(text: string): string | undefined {
  const [, count, word] = /^-?(\d{1,20}(?:\.\d{1,20})?) ?([a-z]*)$/.exec(text.toLowerCase()) ?? [];
  if (count === undefined) return undefined;
  if (word === '') return /^\d+$/.test(text) ? `${text}s, ${text}m or ${text}h` : undefined;
  const unit = UNITS.find(({ words }) => words.test(word ?? ''));
  const ms = Math.round(Number(count) * (unit?.ms ?? Number.NaN));
  return ms <= LONGEST ? shortest(ms) : undefined;
}

const hint = (guess: string | undefined, forms: string): string =>
  guess === undefined ? forms : `Did you mean ${guess}? ${forms}`;

/**
 * Milliseconds of `90s`, `15m`, `1h30m`, `7d`, `250ms`: a number and a unit (ms s m h d w), once or more,
 * no sign, no space. Throws a usage error that names the nearest right form for anything else.
 */
export function parseDuration(text: string): number {
  if (!DURATION.test(text)) {
    throw usageError(
      'bad_duration',
      `"${text}" is not a valid duration`,
      hint(meant(text), DURATION_FORMS),
    );
  }
  let total = 0;
  for (const [, count, letter] of text.matchAll(PART)) {
    total += Number(count) * (UNITS.find((unit) => unit.letter === letter)?.ms ?? 0);
  }
  if (total > LONGEST) {
    throw usageError('bad_duration', `"${text}" is too long`, 'A duration is at most 100 years.');
  }
  return Math.round(total);
}

/** As `parseDuration`, for the length of a step or a window, which cannot be 0. */
export function parseLength(text: string): number {
  const ms = parseDuration(text);
  if (ms > 0) return ms;
  throw usageError(
    'bad_duration',
    `"${text}" is not a valid length of time`,
    'Write 10s, 1m, 5m or 1h.',
  );
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
  throw usageError('bad_time', `"${text}" is not a valid time`, hint(guess, INSTANT_FORMS));
}
