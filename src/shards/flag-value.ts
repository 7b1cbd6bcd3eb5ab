/**
 * What a flag may be and what it means for one caller. The Worker and the CLI share this file, so that
 * `goblin flags eval` shows what the edge does.
 */

import { fieldsOf } from './summary.ts';

/** On, off, or on for a percentage of users. */
export type FlagValue = boolean | number;

/** Until when a flag has its present value, and what it is after that. */
export interface FlagTimer {
  /** Milliseconds since 1970. */
  until: number;
  /** Null: the flag is no longer set, and its default holds. */
  then: FlagValue | null;
}

export type FlagDocument = Record<string, unknown>;
export type FlagTimers = Record<string, FlagTimer>;

/** The values of flags that the document does not set. The Worker never writes these back. */
export const DEFAULT_FLAGS = {
  api_enabled: true,
  rate_limiting_enabled: true,
  new_ui_enabled: false,
} as const satisfies Record<string, FlagValue>;

/** `true`, `false` or a percentage from 0 to 100. */
export function isFlagValue(stored: unknown): stored is FlagValue {
  return (
    typeof stored === 'boolean' || (typeof stored === 'number' && stored >= 0 && stored <= 100)
  );
}

/** A stored timer; null where it is malformed. */
export function timerOf(stored: unknown): FlagTimer | null {
  const { until, then } = fieldsOf(stored);
  if (typeof until !== 'number' || !(then === null || isFlagValue(then))) return null;
  return { until, then };
}

/** The timers in a metadata object; malformed timers are ignored. */
export function timersOf(metadata: unknown): FlagTimers {
  const timers: FlagTimers = Object.create(null);
  for (const [flag, stored] of Object.entries(fieldsOf(fieldsOf(metadata).timers))) {
    const timer = timerOf(stored);
    if (timer) timers[flag] = timer;
  }
  return timers;
}

/** The value that a flag has at `now`, its timer considered; null where nothing valid is set. */
export function currentValue(
  stored: unknown,
  timer: FlagTimer | undefined,
  now: number,
): FlagValue | null {
  if (timer && now >= timer.until) return timer.then;
  return isFlagValue(stored) ? stored : null;
}

/**
 * Where a subject (user id or address) stands in a flag's rollout: 0 to 99.99. It never changes, and it
 * differs from flag to flag, so that not the same users go first every time. FNV-1a over UTF-16 units,
 * finished with MurmurHash3's mixer because FNV's high bits alone are uneven on short texts.
 */
export function rolloutPosition(flag: string, subject: string): number {
  let hash = 0x811c9dc5;
  const text = `${flag}\n${subject}`;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) % 10_000) / 100;
}

/** What a value means for one subject. */
export function isOn(flag: string, value: FlagValue, subject: string): boolean {
  return typeof value === 'boolean' ? value : rolloutPosition(flag, subject) < value;
}

/** Every flag, set or default, for one subject at `now`. */
export function evaluateFlags(
  document: FlagDocument,
  timers: FlagTimers,
  subject: string,
  now: number,
): Record<string, boolean> {
  const defaults: Record<string, FlagValue> = DEFAULT_FLAGS;
  return Object.fromEntries(
    Object.entries({ ...defaults, ...document }).map(([flag, stored]) => {
      const value = currentValue(stored, timers[flag], now) ?? defaults[flag] ?? false;
      return [flag, isOn(flag, value, subject)];
    }),
  );
}
