/** Flags as rows, and what there is to say about how they are stored. */
import type { Context } from '../../context.ts';
import { defaultOf, resolved, type Setting, valueAt } from '../../flags/settings.ts';
import type { StoredFlags } from '../../flags/store.ts';
import type { Column } from '../../output/columns.ts';
import { duration, relative } from '../../output/time.ts';
import { type FlagValue, isFlagValue } from '../../shards/flag-value.ts';
import { valueText } from './value.ts';

/**
 * `value` is what holds at the edge now, until `until`; from then on it is `then`. `source` says whether
 * that is set in `kv` or `d1`, or is the `default`; `stored` is what is stored.
 */
export interface FlagRow {
  flag: string;
  value: FlagValue;
  /** Milliseconds since 1970. */
  until: number | null;
  then: FlagValue | null;
  source: 'kv' | 'd1' | 'default';
  stored: unknown;
  problem: string | null;
}

export const FLAG_COLUMNS: readonly Column<FlagRow>[] = [
  { name: 'flag', kind: 'text', role: 'identifier' },
  { name: 'value', kind: 'flag' },
  { name: 'until', kind: 'time' },
  { name: 'then', kind: 'flag' },
  { name: 'source', kind: 'text', role: 'secondary', fixed: true },
  { name: 'stored', kind: 'json', machineOnly: true },
  { name: 'problem', kind: 'text' },
];

/** The columns, those of timers left out of tables where no timer is running. */
export function flagColumns(rows: readonly FlagRow[]): readonly Column<FlagRow>[] {
  return hideEmpty(FLAG_COLUMNS, ['until', 'then'], rows);
}

/** The columns; the `optional` ones stay out of a table in which none of them has a value. */
export function hideEmpty<Row extends object>(
  columns: readonly Column<Row>[],
  optional: readonly string[],
  rows: readonly Row[],
): readonly Column<Row>[] {
  const isUsed = rows.some((row) => optional.some((name) => row[name as keyof Row] != null));
  if (isUsed) return columns;
  return columns.map((column) =>
    optional.includes(column.name) ? { ...column, machineOnly: true } : column,
  );
}

/** What a row is made of: flags as they are stored, or as a command left them. */
export type Shown = Pick<StoredFlags, 'settings' | 'source' | 'rows'>;

/** One flag at `now` (ms since 1970), with a timer that has run out already applied. */
export function flagRow(flag: string, { settings, source, rows }: Shown, now: number): FlagRow {
  const stored = settings.get(flag);
  const setting = resolved(settings, now).get(flag);
  const isSet = isFlagValue(setting?.value);
  return {
    flag,
    value: valueAt(flag, setting, now),
    until: setting?.timer?.until ?? null,
    then: setting?.timer ? (setting.timer.then ?? defaultOf(flag) ?? false) : null,
    source: isSet ? source : 'default',
    stored: stored?.value,
    problem: isSet ? ignoredRollout(rows.get(flag)) : problemOf(setting),
  };
}

/** Of a row that nobody has changed since the first generation, whose Workers never read its percentage. */
function ignoredRollout(row: { ignored_rollout: number | null } | undefined): string | null {
  if (row === undefined || row.ignored_rollout === null) return null;
  return `on for everybody: its old rollout of ${row.ignored_rollout}% is ignored until it is set`;
}

/** What is wrong with a setting, or null. */
export function problemOf(setting: Setting | undefined): string | null {
  if (setting?.value === undefined || isFlagValue(setting.value)) return null;
  return `stored as ${valueText(setting.value)}, which is neither true, false nor 0 to 100`;
}

/** A flag's setting in words: `true for 30m, then not set (false)`. */
export function settingText(flag: string, setting: Setting | undefined, now: number): string {
  const value = setOrDefault(flag, setting?.value);
  if (!setting?.timer) return value;
  const { until, then } = setting.timer;
  return `${value} for ${duration(Math.round((until - now) / 1000))}, then ${setOrDefault(flag, then)}`;
}

function setOrDefault(flag: string, value: unknown): string {
  if (value !== null && value !== undefined) return valueText(value);
  return `not set (${valueText(defaultOf(flag) ?? false)})`;
}

/** Says on stderr what of the stored flags the operator should know. */
export async function warnAbout(context: Context, stored: StoredFlags): Promise<void> {
  const { problem, expiration, ignored } = stored;
  if (problem !== null) {
    await context.log.warn(`the stored document is broken, so the edge takes defaults: ${problem}`);
    await context.log.note(REPAIR);
  }
  if (expiration !== null) {
    const when = relative(expiration * 1000, context.now());
    await context.log.warn(
      `the flags expire ${when}, as an older Worker wrote them; any change makes them stay`,
    );
  }
  if (ignored !== null) await context.log.warn(`the edge ignores ${ignored}`);
}

/** What to do about a document that cannot be read. */
export const REPAIR =
  'Look at it with `goblin kv get feature_flags`; replace it with a file of `goblin flags export` by `goblin flags apply --replace`.';
