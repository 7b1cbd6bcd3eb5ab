/** What an edit changes, as lines for people. */
import { changedFlags, type Settings } from '../../flags/settings.ts';
import type { DetailsByFlag, FlagDetails, StoredFlags } from '../../flags/store.ts';
import { relative } from '../../output/time.ts';
import { settingText } from './rows.ts';

/** What belongs to a flag of which nobody said anything. */
export const NO_DETAILS: FlagDetails = { description: null, owner: null, permanent: false };

/** A line for each detail that is new: `new_ui_enabled: owner none → web`. */
export function detailLines({ rows }: StoredFlags, details: DetailsByFlag): string[] {
  return [...details].flatMap(([flag, to]) => {
    const from = rows.get(flag) ?? NO_DETAILS;
    const fields = ['owner', 'description', 'permanent'] as const;
    return fields
      .filter((field) => from[field] !== to[field])
      .map((field) => `${flag}: ${field} ${textOf(from[field])} → ${textOf(to[field])}`);
  });
}

function textOf(detail: string | boolean | null): string {
  if (typeof detail === 'boolean') return detail ? 'yes' : 'no';
  return detail === null ? 'none' : JSON.stringify(detail);
}

/** Flags whose old percentage was ignored, and is no longer once they are set. */
export function rolloutLines(
  { rows }: StoredFlags,
  flags: readonly string[],
  after: Settings,
): string[] {
  return flags.flatMap((flag) => {
    const ignored = rows.get(flag)?.ignored_rollout ?? null;
    if (ignored === null || !after.has(flag)) return [];
    return [`${flag}: its old rollout of ${ignored}%, which was ignored, is dropped`];
  });
}

/** A line for each change of a setting, and for what else the write changes. */
export function changeLines(
  { expiration, ignored }: StoredFlags,
  before: Settings,
  after: Settings,
  now: number,
): string[] {
  const changes = changedFlags(before, after).map(
    (flag) =>
      `${flag}: ${settingText(flag, before.get(flag), now)} → ${settingText(flag, after.get(flag), now)}`,
  );
  if (expiration !== null) {
    changes.push(`expiry of all flags: ${relative(expiration * 1000, now)} → never`);
  }
  if (ignored !== null && changes.length > 0) changes.push(`metadata: dropped ${ignored}`);
  return changes;
}
