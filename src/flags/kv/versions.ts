/** What an edit of flags changes, and how much of it is in a version that KV shows. No I/O. */

import {
  changedFlags,
  resolved,
  type Setting,
  type Settings,
  sameSetting,
  withBuiltIns,
  withSetting,
} from '../settings.ts';
import type { LostChange } from '../store.ts';
import type { KvFlags } from './stored.ts';

/** What tells two versions of the stored flags apart. */
export type Version = Pick<KvFlags, 'fingerprint' | 'expiration' | 'edits'>;

/** A change of flags by one run, which may take several writes. */
export interface Edit {
  /** The flags that it changes, and those that the operator named although they stay as they are. */
  flags: readonly string[];
  from: Settings;
  to: Settings;
  /** The ids of its writes so far. */
  ids: string[];
}

/** The settings that hold at `now`, with every built-in flag among them; none if they cannot be read. */
export function settingsAt({ settings, problem }: KvFlags, now: number): Settings {
  return problem === null ? withBuiltIns(resolved(settings, now)) : new Map();
}

/**
 * The edit that makes `after` of what was stored.
 * @param named the flags that the operator named, changed or not
 */
export function editOf(
  before: KvFlags,
  after: Settings,
  named: readonly string[],
  now: number,
): Edit {
  const from = settingsAt(before, now);
  const to = withBuiltIns(after);
  const flags = [...new Set([...changedFlags(from, to), ...named])].sort();
  return { flags, from, to, ids: [] };
}

export function isSame(a: Version, b: Version): boolean {
  return (
    a.fingerprint === b.fingerprint &&
    a.expiration === b.expiration &&
    a.edits.join() === b.edits.join()
  );
}

/** Whether KV shows `before` or a version that led to it: later writes are not visible yet. */
export function isOlder(found: KvFlags, before: KvFlags): boolean {
  const [id] = found.edits;
  return isSame(found, before) || (id !== undefined && before.edits.slice(1).includes(id));
}

/** The changes of an edit that a version does not hold. */
export function lostIn(found: KvFlags, { flags, to }: Edit, now: number): LostChange[] {
  const there = settingsAt(found, now);
  const isThere = (flag: string) =>
    found.problem === null && sameAt(there.get(flag), to.get(flag), now);
  return flags
    .filter((flag) => !isThere(flag))
    .map((flag) => ({ flag, wanted: to.get(flag), found: there.get(flag) }));
}

/**
 * The settings of a version with the edit made once more; null on a conflict: a flag in it has a value
 * that this edit neither found nor wrote, or was changed by somebody who had seen this edit.
 */
export function merged(base: KvFlags, edit: Edit, now: number): Settings | null {
  const there = settingsAt(base, now);
  const lost = lostIn(base, edit, now);
  const wasSeen = edit.ids.some((id) => base.edits.includes(id));
  const isUntouched = ({ flag, found }: LostChange) =>
    !wasSeen && sameAt(found, edit.from.get(flag), now);
  if (base.problem !== null || !lost.every(isUntouched)) return null;
  return lost.reduce(
    (settings, { flag }) => withSetting(settings, flag, edit.to.get(flag) ?? null),
    there,
  );
}

/** Whether two settings are the same at `now`: of a timer that has run out, only what follows counts. */
function sameAt(a: Setting | undefined, b: Setting | undefined, now: number): boolean {
  return sameSetting(settingAt(a, now), settingAt(b, now));
}

function settingAt(setting: Setting | undefined, now: number): Setting | undefined {
  return setting && resolved(new Map([['', setting]]), now).get('');
}
