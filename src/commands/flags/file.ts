/**
 * The flags file: `{ "fingerprint": …, "flags": { name: value | { value, until, then } } }`. The fingerprint
 * says which stored flags it was made from; a file without one may be applied to any.
 */
import { usageError } from '../../contract/errors.ts';
import { resolved, type Setting, type Settings } from '../../flags/settings.ts';
import type { StoredFlags } from '../../flags/store.ts';
import { timestamp } from '../../output/time.ts';
import { type FlagTimer, isFlagValue } from '../../shards/flag-value.ts';
import { clip, fieldsOf } from '../../shards/summary.ts';
import { suggest } from '../../text/nearest.ts';
import { valueText } from './value.ts';

export interface FlagsFile {
  fingerprint: string | null;
  settings: Settings;
}

const FIELDS = ['fingerprint', 'flags'];
const ENTRY_FIELDS = ['value', 'until', 'then'];

/** Stored flags as a file's content. */
export function fileOf(
  { settings, fingerprint }: Pick<StoredFlags, 'settings' | 'fingerprint'>,
  now: number,
): object {
  const entries = [...resolved(settings, now)].map(([flag, setting]) => [flag, entryOf(setting)]);
  return { fingerprint, flags: Object.fromEntries(entries) };
}

function entryOf({ value, timer }: Setting): unknown {
  if (timer === null) return value;
  return { value: value ?? null, until: timestamp(timer.until), then: timer.then };
}

/**
 * A file's content. A timer in it that has run out by `now` (ms since 1970) counts as the value that it led to.
 * @param name the file, for messages
 * @throws {GoblinError} `bad_flags_file`, exit 2, with the place and the right form
 */
export function parseFlagsFile(text: string, name: string, now: number): FlagsFile {
  const file = parseJson(text, name);
  if (fieldsOf(file) !== file || fieldsOf(file.flags) !== file.flags) {
    throw badFile(`${name} holds no "flags"`, 'Write { "flags": { "new_ui_enabled": true } }.');
  }
  const { fingerprint = null, flags } = file;
  const unknown = Object.keys(file).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) {
    throw badFile(`${name}: unknown field "${clip(unknown, 60)}"`, suggest(unknown, FIELDS));
  }
  if (fingerprint !== null && typeof fingerprint !== 'string') {
    throw badFile(`${name}: the fingerprint is not text`, 'Leave it out to apply the file to any.');
  }
  const entries = Object.entries(flags as object);
  const settings = new Map(entries.map(([flag, entry]) => [flag, settingOf(name, flag, entry)]));
  return { fingerprint, settings: resolved(settings, now) };
}

function parseJson(text: string, name: string): Record<string, unknown> {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const reason = clip((error as SyntaxError).message, 120);
    throw badFile(`${name} is not JSON: ${reason}`, '`goblin flags export` prints one that is.');
  }
}

function settingOf(name: string, flag: string, entry: unknown): Setting {
  if (isFlagValue(entry)) return { value: entry, timer: null };
  const fields = fieldsOf(entry);
  const isTimed =
    fields === entry && Object.keys(fields).every((key) => ENTRY_FIELDS.includes(key));
  const { value = null, then = null } = fields;
  const until = isTimed ? parseUntil(fields.until) : null;
  if (until === null || !isValueOrNull(value) || !isValueOrNull(then)) {
    throw badFile(
      `${name}: ${clip(flag, 64)} is ${valueText(entry)}`,
      'Write true, false, 0 to 100, or { "value": true, "until": "2026-01-01T12:00:00Z", "then": false }; leave a flag out to keep what is stored.',
    );
  }
  const timer: FlagTimer = { until, then };
  return { value: value ?? undefined, timer: then === value && value !== null ? null : timer };
}

function isValueOrNull(value: unknown): value is FlagTimer['then'] {
  return value === null || isFlagValue(value);
}

/** Milliseconds of a time with its zone, or null. */
function parseUntil(text: unknown): number | null {
  const isTime = typeof text === 'string' && /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text);
  const ms = isTime ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

function badFile(message: string, hint: string) {
  return usageError('bad_flags_file', message, hint);
}
