/** What differs between two sets of flags, as rows. */

import { changedFlags, type Setting, type Settings } from '../../flags/settings.ts';
import type { Column, Row } from '../../shards/shard.ts';
import { hideEmpty, settingText } from './rows.ts';

const TIMER_COLUMNS = ['from_until', 'from_then', 'to_until', 'to_then'];

const COLUMNS: readonly Column[] = [
  { name: 'flag', kind: 'text' },
  { name: 'change', kind: 'text' },
  { name: 'from', kind: 'flag' },
  { name: 'from_until', kind: 'time' },
  { name: 'from_then', kind: 'flag' },
  { name: 'to', kind: 'flag' },
  { name: 'to_until', kind: 'time' },
  { name: 'to_then', kind: 'flag' },
];

export const CHANGE_IN_WORDS = 'before → after';

/** What a question is about: each flag, and its setting before and after in words. */
export const SAMPLE_COLUMNS: readonly Column[] = [
  { name: 'flag', kind: 'text' },
  { name: CHANGE_IN_WORDS, kind: 'text' },
];

/** The columns, those of timers left out of tables where no timer is on either side. */
export function changeColumns(rows: readonly Row[]): Column[] {
  return hideEmpty(COLUMNS, TIMER_COLUMNS, rows);
}

/** A row for each flag that is not the same, in the order of their names; null where one is not set. */
export function changeRows(before: Settings, after: Settings, now: number): Row[] {
  return changedFlags(before, after).map((flag) => {
    const [from, to] = [before.get(flag), after.get(flag)];
    return {
      flag,
      [CHANGE_IN_WORDS]: `${settingText(flag, from, now)} → ${settingText(flag, to, now)}`,
      change: kindOf(from, to),
      from: from?.value,
      from_until: from?.timer?.until,
      from_then: from?.timer?.then,
      to: to?.value,
      to_until: to?.timer?.until,
      to_then: to?.timer?.then,
    };
  });
}

function kindOf(from: Setting | undefined, to: Setting | undefined): string {
  if (from === undefined) return 'add';
  if (to === undefined) return 'remove';
  return from.value === to.value ? 'timer' : 'set';
}
