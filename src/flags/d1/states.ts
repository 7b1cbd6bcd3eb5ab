/** From rows of the database to settings, and from settings to the changes that make rows of them. */
import { isFlagValue } from '../../shards/flag-value.ts';
import type { FlagChange } from '../../tables/flag-changes.ts';
import { type FlagRow, type FlagState, flagOf } from '../../tables/flags.ts';
import type { SqlRow } from '../../tables/statement.ts';
import { changedFlags, defaultOf, resolved, type Setting, type Settings } from '../settings.ts';
import type { DetailsByFlag, FlagDetails } from '../store.ts';

export type FlagRows = ReadonlyMap<string, FlagRow>;

/** The flags of rows by name; a row without a name is none. */
export function flagRows(rows: readonly SqlRow[]): FlagRows {
  const flags = rows.map(flagOf).filter((flag) => flag !== null);
  return new Map(flags.map((flag) => [flag.name, flag]));
}

export function settingsOfRows(rows: FlagRows): Settings {
  return new Map([...rows].map(([name, { value, timer }]) => [name, { value, timer }]));
}

export interface Wanted {
  rows: FlagRows;
  /** The settings that hold in place of rows while there are none: the document of KV. */
  inherited: Settings;
  after: Settings;
  /** The flags that the operator named. */
  named: readonly string[];
  details: DetailsByFlag;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * The changes of rows that lead to `after`. A flag of the first generation whose percentage was ignored is written
 * once it is named, even with the value that it has: from then on its percentage counts.
 */
export function changesTo(wanted: Wanted): Omit<FlagChange, 'changed_by' | 'reason'>[] {
  const { rows, inherited, after, named, details, now } = wanted;
  const changed = changedFlags(resolved(settingsOfRows(rows), now), after);
  const settled = named.filter((flag) => (rows.get(flag)?.ignored_rollout ?? null) !== null);
  const adopted = rows.size === 0 ? [...inherited.keys()] : [];
  const flags = new Set([...changed, ...settled, ...adopted, ...details.keys()]);
  return [...flags].sort().flatMap((name) => {
    const row = rows.get(name) ?? null;
    const to = stateOf(name, after.get(name), details.get(name) ?? row);
    if (row === null && to === null) return [];
    return [{ name, expected: row?.version ?? null, from: row && plainState(row), to }];
  });
}

/** Null for a flag that is not set, and for a stored value that the edge takes for not set. */
function stateOf(
  name: string,
  setting: Setting | undefined,
  details: FlagDetails | null,
): FlagState | null {
  if (setting === undefined) return null;
  const { value = defaultOf(name) ?? false, timer } = setting;
  if (!isFlagValue(value)) return null;
  const { description = null, owner = null, permanent = false } = details ?? {};
  return { value, timer, description, owner, permanent };
}

function plainState({ value, timer, description, owner, permanent }: FlagRow): FlagState {
  return { value, timer, description, owner, permanent };
}
