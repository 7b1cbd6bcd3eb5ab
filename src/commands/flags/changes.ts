/** What differs between two sets of flags, as rows. */

import { changedFlags, type Setting, type Settings } from '../../flags/settings.ts';
import type { Column } from '../../output/columns.ts';
import type { FlagValue } from '../../shards/flag-value.ts';
import { hideEmpty, settingText } from './rows.ts';

const TIMER_COLUMNS = [
  'from_until',
  'from_then',
  'to_until',
  'to_then',
] satisfies (keyof ChangeRow)[];

/** The setting before and after in words; the name is its head in the sample of a question. */
export const CHANGE_IN_WORDS = 'before → after';

/** What differs of one flag. The values are as they are stored; null where the flag is not set. */
export interface ChangeRow {
  flag: string;
  change: 'add' | 'remove' | 'set' | 'timer' | 'rewrite';
  from: unknown;
  /** Milliseconds since 1970, as are the others. */
  from_until: number | null;
  from_then: FlagValue | null;
  to: unknown;
  to_until: number | null;
  to_then: FlagValue | null;
  [CHANGE_IN_WORDS]: string;
}

export const CHANGE_COLUMNS: readonly Column<ChangeRow>[] = [
  { name: 'flag', kind: 'text', role: 'identifier' },
  { name: 'change', kind: 'text', fixed: true },
  { name: 'from', kind: 'flag' },
  { name: 'from_until', kind: 'time' },
  { name: 'from_then', kind: 'flag' },
  { name: 'to', kind: 'flag' },
  { name: 'to_until', kind: 'time' },
  { name: 'to_then', kind: 'flag' },
];

/** What a question is about: each flag, and its setting before and after in words. */
export const SAMPLE_COLUMNS: readonly Column<ChangeRow>[] = [
  { name: 'flag', kind: 'text', role: 'identifier' },
  { name: CHANGE_IN_WORDS, kind: 'text' },
];

/** The columns, those of timers left out of tables where no timer is on either side. */
export function changeColumns(rows: readonly ChangeRow[]): readonly Column<ChangeRow>[] {
  return hideEmpty(CHANGE_COLUMNS, TIMER_COLUMNS, rows);
}

/** A row for each flag that is not the same, in the order of their names; null where one is not set. */
export function changeRows(before: Settings, after: Settings, now: number): ChangeRow[] {
  return changedFlags(before, after).map((flag) => {
    const [from, to] = [before.get(flag), after.get(flag)];
    return {
      flag,
      [CHANGE_IN_WORDS]: `${settingText(flag, from, now)} → ${settingText(flag, to, now)}`,
      change: kindOf(from, to),
      from: from?.value ?? null,
      from_until: from?.timer?.until ?? null,
      from_then: from?.timer?.then ?? null,
      to: to?.value ?? null,
      to_until: to?.timer?.until ?? null,
      to_then: to?.timer?.then ?? null,
    };
  });
}

function kindOf(from: Setting | undefined, to: Setting | undefined): ChangeRow['change'] {
  if (from === undefined) return 'add';
  if (to === undefined) return 'remove';
  return from.value === to.value ? 'timer' : 'set';
}
