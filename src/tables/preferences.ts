/** `user_preferences`: a user's settings. Those that are known have a column, the others are in one JSON object. */
import { fieldsOf } from '../shards/summary.ts';
import { parseStored } from './json-text.ts';
import type { SqlRow, SqlValue, Statement, Table } from './statement.ts';

/** The preferences that have a column, and what each takes. Null is: not set. */
const KNOWN_PREFERENCES = new Map([
  ['theme', 'string'],
  ['language', 'string'],
  ['model_preference', 'string'],
  ['temperature', 'number'],
  ['max_tokens', 'number'],
]);

export type Preferences = Record<string, unknown>;

export const userPreferences: Table = {
  name: 'user_preferences',
  title: 'preferences of a user',
};

const OWN_COLUMNS = new Set(['user_id', 'extra', 'created_at', 'updated_at']);
const KNOWN = [...KNOWN_PREFERENCES.keys()];
/** All columns that a statement sets; `extra` is a JSON object of what has no column. */
const COLUMNS = [...KNOWN, 'extra'];

const fromExcluded = (column: string) => `${column} = excluded.${column}`;

/**
 * Checks what a client wants to set.
 * @throws {RangeError} naming the preference that cannot be stored, or takes another type.
 */
function checkPreferences(preferences: Preferences): void {
  for (const [name, value] of Object.entries(preferences)) {
    // SQLite cuts a text at a NUL, and half of a surrogate pair has no UTF-8 form.
    if (!name || name.includes('\0') || /\p{Surrogate}/u.test(name) || OWN_COLUMNS.has(name)) {
      throw new RangeError(`${JSON.stringify(name)} is not a valid name of a preference`);
    }
    const type = KNOWN_PREFERENCES.get(name);
    // JSON such as 1e999 is parsed as infinity.
    const isValid = type === 'number' ? Number.isFinite(value) : typeof value === type;
    if (type && value !== null && !isValid) {
      throw new RangeError(`${name} must be a ${type} or null`);
    }
  }
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
  return Object.fromEntries([...Object.entries(fieldsOf(parseStored(row.extra))), ...columns]);
}

/**
 * Sets what `changes` names and unsets what it has as null; the rest stays as it is.
 * @throws {RangeError} where a name or a value cannot be stored.
 */
export function patchPreferences(userId: string, changes: Preferences): Statement {
  const names = Object.keys(changes);
  const updates = KNOWN.filter((name) => names.includes(name)).map(fromExcluded);
  const { sql, params } = upsert(userId, changes, [...updates, MERGE]);
  return { sql, params: [...params, JSON.stringify(names)] };
}

/**
 * Sets exactly these: what is not named is not set afterwards.
 * @throws {RangeError} where a name or a value cannot be stored.
 */
export function replacePreferences(userId: string, preferences: Preferences): Statement {
  return upsert(userId, preferences, COLUMNS.map(fromExcluded));
}

/**
 * Fails with `malformed JSON`, and with it the batch that it is in, where a user's preferences have more than so many
 * bytes. SQLite has no other error that a query may raise.
 */
export function limitPreferences(userId: string, bytes: number): Statement {
  const sizes = COLUMNS.map((column) => `coalesce(octet_length(${column}), 0)`);
  return {
    sql: `SELECT json(CASE WHEN ${sizes.join(' + ')} > ?2 THEN '' ELSE '0' END)
      FROM user_preferences WHERE user_id = ?1`,
    params: [userId, bytes],
  };
}

export function deletePreferences(userId: string): Statement {
  return { sql: 'DELETE FROM user_preferences WHERE user_id = ?', params: [userId] };
}

function upsert(userId: string, values: Preferences, updates: readonly string[]): Statement {
  checkPreferences(values);
  const known = KNOWN.map((name) => (values[name] ?? null) as SqlValue);
  const others = Object.entries(values).filter(
    ([name, value]) => !KNOWN.includes(name) && value !== null,
  );
  return {
    sql: `INSERT INTO user_preferences (user_id, ${COLUMNS.join(', ')})
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, json(?7))
      ON CONFLICT (user_id) DO UPDATE SET ${updates.join(', ')}, updated_at = CURRENT_TIMESTAMP`,
    params: [userId, ...known, JSON.stringify(Object.fromEntries(others))],
  };
}

/**
 * The old object without the names in `?8`, and the new one `?7`. What is stored and no JSON object is replaced.
 * Each value is taken as the JSON that it is: as SQL values, booleans would become numbers and numbers lose digits.
 * Not by `json_patch`, which would merge a value that is an object with the one before instead of replacing it.
 */
const MERGE = `extra = (SELECT json_group_object(key, json(json)) FROM (
    SELECT key, old.json -> fullkey AS json
    FROM (SELECT CASE WHEN json_valid(user_preferences.extra) AND json_type(user_preferences.extra) = 'object'
      THEN user_preferences.extra ELSE '{}' END AS json) AS old, json_each(old.json)
    WHERE key NOT IN (SELECT value FROM json_each(?8))
    UNION ALL SELECT key, ?7 -> fullkey FROM json_each(?7)))`;
