/** A flag as the edge evaluates it, with the reason, in OpenFeature's terms where they exist. */

import { resolved, type Setting, valueAt } from '../../flags/settings.ts';
import { type FlagValue, isFlagValue, isOn, rolloutPosition } from '../../shards/flag-value.ts';
import { problemOf } from './rows.ts';

export type Reason = 'STATIC' | 'SPLIT' | 'TIMER' | 'DEFAULT' | 'INVALID';

export interface Evaluation {
  /** Null if it depends on a subject and none was given. */
  value: boolean | null;
  reason: Reason;
  subject: string | null;
  /** The value that holds for all: true, false, or the percentage. */
  set_to: FlagValue;
  /** The subject's place in the rollout, 0 to 99.99: on where it is below the percentage. */
  position: number | null;
  until: number | null;
  problem: string | null;
}

/** Evaluates a stored setting at `now` (ms since 1970). */
export function evaluate(
  flag: string,
  stored: Setting | undefined,
  subject: string | null,
  now: number,
): Evaluation {
  const setting = resolved(new Map(stored ? [[flag, stored]] : []), now).get(flag);
  const value = valueAt(flag, setting, now);
  const isSplit = typeof value === 'number';
  const isDecided = !isSplit || value === 0 || value === 100;
  return {
    value: subject === null && !isDecided ? null : isOn(flag, value, subject ?? ''),
    reason: reasonOf(stored, setting, isSplit),
    subject,
    set_to: value,
    position: isSplit && subject !== null ? rolloutPosition(flag, subject) : null,
    until: setting?.timer?.until ?? null,
    problem: problemOf(setting),
  };
}

function reasonOf(
  stored: Setting | undefined,
  setting: Setting | undefined,
  isSplit: boolean,
): Reason {
  if (setting?.value !== undefined && !isFlagValue(setting.value)) return 'INVALID';
  if (setting?.value === undefined) return 'DEFAULT';
  if (isSplit) return 'SPLIT';
  return stored?.timer ? 'TIMER' : 'STATIC';
}
