/**
 * The flags document and its timers as one map. Any name may be stored, `__proto__` too, so no plain object is
 * written to by name here.
 */
import { createHash } from 'node:crypto';
import {
  currentValue,
  DEFAULT_FLAGS,
  type FlagTimer,
  type FlagValue,
  timersOf,
} from '../shards/flag-value.ts';

export interface Setting {
  /** As it is stored, valid or not; undefined where only a timer is. */
  value: unknown;
  timer: FlagTimer | null;
}

/** Settings by flag, in the order of the document. */
export type Settings = ReadonlyMap<string, Setting>;

/** The value of a flag that is not set; null if it is not built in, and so off. */
export function defaultOf(flag: string): FlagValue | null {
  return Object.hasOwn(DEFAULT_FLAGS, flag)
    ? DEFAULT_FLAGS[flag as keyof typeof DEFAULT_FLAGS]
    : null;
}

/** The settings of a document and its metadata, as far as the edge reads them. */
export function settingsOf(document: Record<string, unknown>, metadata: unknown): Settings {
  const timers = new Map(Object.entries(timersOf(metadata)));
  const settings = new Map<string, Setting>();
  for (const [flag, value] of Object.entries(document)) {
    settings.set(flag, { value, timer: timers.get(flag) ?? null });
  }
  for (const [flag, timer] of timers) {
    if (!settings.has(flag) && defaultOf(flag) !== null)
      settings.set(flag, { value: undefined, timer });
  }
  return settings;
}

/** The settings as they are at `now` (ms since 1970): timers that have run out have done their work. */
export function resolved(settings: Settings, now: number): Settings {
  const result = new Map<string, Setting>();
  for (const [flag, { value, timer }] of settings) {
    if (timer === null || now < timer.until) result.set(flag, { value, timer });
    else if (timer.then !== null) result.set(flag, { value: timer.then, timer: null });
  }
  return result;
}

/**
 * The settings with every built-in flag among them, at its default if it has no value. A stored value
 * that is not a flag value stays as it is: only the operator knows what it was meant to be.
 */
export function withBuiltIns(settings: Settings): Settings {
  const result = new Map(settings);
  for (const flag of Object.keys(DEFAULT_FLAGS)) {
    const { value, timer = null } = settings.get(flag) ?? {};
    if (value === undefined) result.set(flag, { value: defaultOf(flag), timer });
  }
  return result;
}

/** The setting of a flag that was unset: a built-in one has its default, any other none. */
export function unsetSetting(flag: string): Setting | null {
  const value = defaultOf(flag);
  return value === null ? null : { value, timer: null };
}

/** The value that a flag has at the edge at `now`: what is set, else its default, else off. */
export function valueAt(flag: string, setting: Setting | undefined, now: number): FlagValue {
  const set = setting && currentValue(setting.value, setting.timer ?? undefined, now);
  return set ?? defaultOf(flag) ?? false;
}

/** A copy in which one flag is set, or not set any more. */
export function withSetting(settings: Settings, flag: string, setting: Setting | null): Settings {
  const copy = new Map(settings);
  if (setting === null) copy.delete(flag);
  else copy.set(flag, setting);
  return copy;
}

/** The flags whose setting is not the same in both, in the order of their names. */
export function changedFlags(before: Settings, after: Settings): string[] {
  const flags = [...new Set([...before.keys(), ...after.keys()])].sort();
  return flags.filter((flag) => !sameSetting(before.get(flag), after.get(flag)));
}

export function sameSetting(a: Setting | undefined, b: Setting | undefined): boolean {
  return canonical(a) === canonical(b);
}

/** 12 hex digits that depend on all settings and on nothing else. */
export function fingerprint(settings: Settings): string {
  const entries = [...settings].map(([flag, setting]) => [flag, canonical(setting)] as const);
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return hashOf(JSON.stringify(sorted));
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function canonical(setting: Setting | undefined): string {
  if (setting === undefined) return '';
  const { value, timer } = setting;
  return JSON.stringify([value, timer?.until, timer?.then]);
}
