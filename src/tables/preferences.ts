/** `user_preferences`: a user's settings. Those that are known have a column, the others are in one JSON object. */
import { storedObject } from './json-text.ts';
import type { SqlRow, SqlValue, Statement, Table } from './statement.ts';

/** The preferences that have a column, and what each takes. Null is: not set. */
export const KNOWN_PREFERENCES = {
  theme: 'string',
  language: 'string',
  model_preference: 'string',
  temperature: 'number',
  max_tokens: 'number',
} as const;

/** Bytes of a user's preferences. */
export const MAX_PREFERENCES_BYTES = 8192;

export type Preferences = Record<string, unknown>;

export const userPreferences: Table = {
  name: 'user_preferences',
  title: 'preferences of a user',
  columns: [
    { name: 'user_id', kind: 'text' },
    { name: 'theme', kind: 'text' },
    { name: 'language', kind: 'text' },
    { name: 'model_preference', kind: 'text' },
    { name: 'temperature', kind: 'number' },
    { name: 'max_tokens', kind: 'number' },
    { name: 'updated_at', kind: 'time' },
    { name: 'extra', kind: 'json' },
  ],
};

const OWN_COLUMNS = new Set(['user_id', 'extra', 'created_at', 'updated_at']);
const KNOWN = Object.keys(KNOWN_PREFERENCES);

/** Any text but an empty one and, for SQLite's sake, one with a NUL; and no column of the table itself. */
export function isPreferenceName(name: string): boolean {
  return name !== '' && !name.includes('\u0000') && !OWN_COLUMNS.has(name);
}

/** All columns: those that only this database has are preferences, too. */
export function getPreferences(userId: string): Statement {
  return { sql: 'SELECT * FROM user_preferences WHERE user_id = ?', params: [userId] };
}

/** One page in order of user ids, after the user given. */
export function listPreferences(limit: number, after = ''): Statement {
  return {
    sql: 'SELECT * FROM user_preferences WHERE user_id > ? ORDER BY user_id LIMIT ?',
    params: [after, limit],
  };
}

/** What is set, by name. */
export function preferencesOf(row: SqlRow): Preferences {
  const columns = Object.entries(row).filter(
    ([name, value]) => !OWN_COLUMNS.has(name) && value !== null,
  );
  return Object.fromEntries([...Object.entries(storedObject(row.extra)), ...columns]);
}

/** Sets what `changes` names and unsets what it has as null; the rest stays as it is. */
export function patchPreferences(userId: string, changes: Preferences): Statement {
  const known = KNOWN.filter((name) => Object.hasOwn(changes, name));
  return upsert(userId, changes, [...known.map((name) => `${name} = excluded.${name}`), MERGE]);
}

/** Sets exactly these: what is not named is not set afterwards. */
export function replacePreferences(userId: string, preferences: Preferences): Statement {
  const columns = [...KNOWN, 'extra'].map((name) => `${name} = excluded.${name}`);
  return upsert(userId, withoutNulls(preferences), columns);
}

/**
 * Fails with `malformed JSON`, and with it the batch that it is in, where a user's preferences have more than so many
 * bytes. SQLite has no other error that a query may raise.
 */
export function limitPreferences(userId: string, bytes: number): Statement {
  const sizes = [...KNOWN, 'extra'].map((column) => `coalesce(octet_length(${column}), 0)`);
  return {
    sql: `SELECT json(CASE WHEN ${sizes.join(' + ')} > ?2 THEN '' ELSE '0' END)
      FROM user_preferences WHERE user_id = ?1`,
    params: [userId, bytes],
  };
}

/**
 * Fails with `malformed JSON`, as `limitPreferences` does, unless what `names` mean is still as in the row that was
 * read; undefined where there was none.
 */
export function guardPreferences(
  userId: string,
  names: readonly string[],
  row: SqlRow | undefined,
): Statement {
  const known = KNOWN.filter((name) => names.includes(name));
  const columns = known.length < names.length ? [...known, 'extra'] : known;
  const isSame = columns.map((column, i) => `${column} IS ?${i + 2}`).join(' AND ');
  const wasUnset = columns.map((_, i) => `?${i + 2} IS NULL`).join(' AND ');
  return {
    sql: `SELECT json(CASE WHEN coalesce(
        (SELECT ${isSame} FROM user_preferences WHERE user_id = ?1), ${wasUnset}) THEN '0' ELSE '' END)`,
    params: [userId, ...columns.map((column) => (row?.[column] ?? null) as SqlValue)],
  };
}

/** Whether a preference is in a column that only this database has, which goblin reads and never writes. */
export function isForeignColumn(name: string, row: SqlRow): boolean {
  return Object.hasOwn(row, name) && !OWN_COLUMNS.has(name) && !KNOWN.includes(name);
}

export function deletePreferences(userId: string): Statement {
  return { sql: 'DELETE FROM user_preferences WHERE user_id = ?', params: [userId] };
}

function upsert(userId: string, values: Preferences, updates: readonly string[]): Statement {
  const odd = Object.keys(values).find((name) => !isPreferenceName(name));
  if (odd !== undefined) throw new RangeError(`${JSON.stringify(odd)} is not a valid name`);
  const columns = ['user_id', ...KNOWN, 'extra'];
  return {
    sql: `INSERT INTO user_preferences (${columns.join(', ')})
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ${WITHOUT_NULLS})
      ON CONFLICT (user_id) DO UPDATE SET ${updates.join(', ')}, updated_at = CURRENT_TIMESTAMP`,
    params: [userId, ...KNOWN.map((name) => (values[name] ?? null) as SqlValue), extraOf(values)],
  };
}

/** The JSON text of what has no column. */
function extraOf(values: Preferences): string {
  const extra = Object.entries(values).filter(([name]) => !KNOWN.includes(name));
  return JSON.stringify(Object.fromEntries(extra));
}

function withoutNulls(values: Preferences): Preferences {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/**
 * The fields of `source` that are set. Each value is taken as the JSON that it is: as SQL values, booleans would
 * become numbers and numbers lose digits. Not by `json_patch`, which would merge a value that is an object with the
 * one before instead of replacing it.
 */
const fieldsIn = (source: string) =>
  `SELECT key, ${source} -> fullkey AS json FROM json_each(${source}) WHERE type <> 'null'`;

/** A JSON object of rows of `key` and `json`; null where there are none. */
const objectOf = (rows: string) =>
  `(SELECT CASE WHEN count(*) THEN json_group_object(key, json(json)) END FROM (${rows}))`;

const WITHOUT_NULLS = objectOf(fieldsIn('?7'));

/** The old object with the new one laid over it. What is stored and no JSON object is replaced. */
const OLD = `CASE WHEN json_valid(user_preferences.extra) AND json_type(user_preferences.extra) = 'object'
  THEN user_preferences.extra ELSE '{}' END`;
const MERGE = `extra = ${objectOf(`SELECT key, old.json -> fullkey AS json
    FROM (SELECT ${OLD} AS json) AS old, json_each(old.json)
    WHERE type <> 'null' AND key NOT IN (SELECT key FROM json_each(?7))
  UNION ALL ${fieldsIn('?7')}`)}`;
