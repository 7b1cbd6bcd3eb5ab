/** `feature_flags`: the flags as D1 holds them, the source of truth where a Worker has a database. */
import { type FlagTimer, type FlagValue, timerOf } from '../shards/flag-value.ts';
import { parseStored } from './json-text.ts';
import { fromSqlTime } from './sql-time.ts';
import type { SqlRow, SqlValue, Statement, Table } from './statement.ts';

/** What an operator decides of a flag. */
export interface FlagState {
  value: FlagValue;
  timer: FlagTimer | null;
  description: string | null;
  owner: string | null;
  /** Meant to stay, so that it is never called stale. */
  permanent: boolean;
}

/** A flag as it was read. */
export interface FlagRow extends FlagState {
  name: string;
  /** 0 until goblin changes the flag for the first time. */
  version: number;
  /** The percentage of a row of the first generation that is on for everybody in spite of it; else null. */
  ignored_rollout: number | null;
  updated_at: number | null;
  updated_by: string | null;
}

export const featureFlags: Table = {
  name: 'feature_flags',
  title: 'feature flag',
};

/** All columns, so that it works before the migrations too. */
export function readFlags(): Statement {
  return { sql: 'SELECT * FROM feature_flags', params: [] };
}

export function readFlag(name: string): Statement {
  return { sql: 'SELECT * FROM feature_flags WHERE flag_name = ?', params: [name] };
}

/** The part of a row that decides what a flag is for a caller; the Worker reads no more of it. */
export type FlagSetting = Pick<FlagRow, 'name' | 'value' | 'timer' | 'version'>;

/** The setting in a row, by the columns that it has; null where it has no name. */
export function settingOf(row: SqlRow): FlagSetting | null {
  const name = row.flag_name ?? row.key;
  if (typeof name !== 'string') return null;
  const version = Number(row.version ?? 0);
  const timer = timerOf(parseStored(row.timer));
  return { name, value: storedValue(row, version), timer, version };
}

/** The whole flag in a row; null where it has no name. */
export function flagOf(row: SqlRow): FlagRow | null {
  const setting = settingOf(row);
  if (!setting) return null;
  const { value, version } = setting;
  const rollout = Number(row.rollout_percentage ?? 100);
  return {
    ...setting,
    description: textOf(row.description),
    owner: textOf(row.owner),
    permanent: isTrue(row.permanent),
    ignored_rollout: version === 0 && value === true && rollout < 100 ? rollout : null,
    updated_at: fromSqlTime(row.updated_at),
    updated_by: textOf(row.updated_by),
  };
}

/**
 * What is not enabled is off, whatever its percentage. No Worker of the first generation read the percentage, so
 * it counts only once goblin has written the row.
 */
function storedValue(row: SqlRow, version: number): FlagValue {
  if (!('enabled' in row)) return looseValue(parseStored(row.value));
  if (!isTrue(row.enabled)) return false;
  const rollout = row.rollout_percentage;
  if (version === 0 || typeof rollout !== 'number' || rollout >= 100) return true;
  return rollout > 0 ? rollout : false;
}

/** Of a row that is a name and a value, as a later variant has it: on is what that variant takes for on. */
function looseValue(stored: unknown): FlagValue {
  if (typeof stored === 'string') return /^(true|on|yes|enabled)$/i.test(stored);
  return stored === true || stored === 1;
}

const isTrue = (stored: unknown) => stored === 1 || stored === true || stored === 'true';
const textOf = (stored: unknown) => (typeof stored === 'string' ? stored : null);

/** The values for the columns of `COLUMNS`, in their order. */
export function stateValues({
  value,
  timer,
  description,
  owner,
  permanent,
}: FlagState): SqlValue[] {
  const rollout = typeof value === 'number' ? value : value ? 100 : 0;
  return [
    rollout > 0 ? 1 : 0,
    rollout,
    timer && JSON.stringify(timer),
    description,
    owner,
    permanent ? 1 : 0,
  ];
}

export const COLUMNS = [
  'enabled',
  'rollout_percentage',
  'timer',
  'description',
  'owner',
  'permanent',
] as const;
