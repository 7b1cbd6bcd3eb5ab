/** Flag values and `--for` as operators type them, and values as text. */

import type { Context } from '../../context.ts';
import { type GoblinError, usageError } from '../../contract/errors.ts';
import { type FlagValue, isFlagValue } from '../../shards/flag-value.ts';
import { clip } from '../../shards/summary.ts';
import { parseDuration } from '../../text/durations.ts';
import { nearest } from '../../text/nearest.ts';

const FORMS = 'Write true, false, or 0 to 100 (percent of users).';

/** Words for on and off in other tools. They are hints only: `1` would mean both on and 1%. */
const SWITCH_WORDS: Readonly<Record<string, string>> = {
  on: 'true',
  yes: 'true',
  enable: 'true',
  enabled: 'true',
  off: 'false',
  no: 'false',
  disable: 'false',
  disabled: 'false',
};

/**
 * `true`, `false`, or a percentage with at most two decimals, as many as a user's place in a rollout has.
 * @throws {GoblinError} `bad_flag_value`, exit 2, with the nearest right form
 */
export function parseFlagValue(text: string): FlagValue {
  if (text === 'true' || text === 'false') return text === 'true';
  const value = /^\d{1,3}(\.\d{1,2})?$/.test(text) ? Number(text) : Number.NaN;
  if (isFlagValue(value)) return value;
  const guess = meant(text.trim().toLowerCase());
  const hint = guess === undefined ? FORMS : `Did you mean ${guess}? ${FORMS}`;
  throw usageError('bad_flag_value', `"${clip(text, 60)}" is not a flag value`, hint);
}

/** 0% and 100% are off and on for everybody. */
export function inEffect(value: FlagValue): FlagValue {
  return value === 0 || value === 100 ? value === 100 : value;
}

function meant(text: string): string | undefined {
  const percent = /^(\d{1,2}(\.\d{1,2})?|100) ?(%|percent)$/.exec(text)?.[1];
  const word = Object.hasOwn(SWITCH_WORDS, text) ? SWITCH_WORDS[text] : undefined;
  return percent ?? word ?? nearest(text, ['true', 'false']);
}

/** Milliseconds of `--for`. @throws {GoblinError} exit 2 for less than a second, or anything that is not a duration */
export function parseFor(text: string): number {
  const ms = parseDuration(text);
  if (ms >= 1000) return ms;
  throw tooShort(text);
}

function tooShort(text: string): GoblinError {
  return usageError(
    'bad_duration',
    `--for ${text} is too short`,
    'Edges see a change after up to 60 s, so less than a minute is of little use.',
  );
}

/** How long edges may go by the flags that they read before. */
const EDGE_DELAY_MS = 60_000;

/** Says where a change may be over before every edge has seen it. */
export async function warnOfShort({ log }: Context, ms = EDGE_DELAY_MS): Promise<void> {
  if (ms >= EDGE_DELAY_MS) return;
  await log.warn(
    `edges take up to 60 s to see a change, so some may never see one that lasts ${ms / 1000} s`,
  );
}

/** A value for people: `25%`, `true`; any other value as JSON. */
export function valueText(value: unknown): string {
  if (!isFlagValue(value)) return clip(JSON.stringify(value), 60);
  return typeof value === 'number' ? `${value}%` : String(value);
}
