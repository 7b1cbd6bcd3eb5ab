/** A change of one user's preferences, so that of two writers at once none loses unnoticed. */
import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../contract/errors.ts';
import type { D1Database } from '../../d1/database.ts';
import { changing } from '../../plan/audit.ts';
import {
  getPreferences,
  guardPreferences,
  isForeignColumn,
  isPreferenceName,
  KNOWN_PREFERENCES,
  limitPreferences,
  MAX_PREFERENCES_BYTES,
  type Preferences,
  patchPreferences,
  preferencesOf,
} from '../../tables/preferences.ts';
import type { SqlRow } from '../../tables/statement.ts';

/** Tries where others keep changing preferences that this change does not name. */
const TRIES = 5;

const TOO_LARGE = `preferences may have ${MAX_PREFERENCES_BYTES} bytes in all`;

/** The stored row of a user, undefined where there is none. */
export async function readRow(database: D1Database, user: string): Promise<SqlRow | undefined> {
  const { sql, params } = getPreferences(user);
  return (await database.query(sql, params)).rows[0];
}

/** @throws {GoblinError} `bad_name`, exit 2 */
export function parseName(name: string): string {
  if (isPreferenceName(name)) return name;
  const known = [...KNOWN_PREFERENCES.keys()].join(', ');
  throw usageError(
    'bad_name',
    `${JSON.stringify(name.slice(0, 100))} is not a valid name of a preference`,
    `Known ones are ${known}; others may have any name that is no column of the table.`,
  );
}

/**
 * Sets what `changes` names, null for unset, by one statement that fails where one of these was changed since
 * `row` was read.
 * @returns what is set afterwards
 * @throws {GoblinError} `concurrent_edit`, exit 1, with the difference; `preferences_too_large`, exit 2
 */
export async function changePreferences(
  context: Context,
  user: string,
  row: SqlRow | undefined,
  changes: Preferences,
): Promise<Preferences> {
  const names = Object.keys(changes);
  const foreign = names.find((name) => isForeignColumn(name, row ?? {}));
  if (foreign !== undefined) {
    throw usageError(
      'foreign_column',
      `cannot change ${foreign}: it is a column that only this database has`,
      'Change it by SQL: `goblin d1 query --write`.',
    );
  }
  if (Buffer.byteLength(JSON.stringify(changes)) > MAX_PREFERENCES_BYTES) throw tooLarge();
  context.refuseReadOnly(`cannot change the preferences of ${user}`);
  const database = await context.database();
  return changing(context, { target: user, details: { names } }, () =>
    apply(database, user, row, changes),
  );
}

async function apply(
  database: D1Database,
  user: string,
  before: SqlRow | undefined,
  changes: Preferences,
): Promise<Preferences> {
  const names = Object.keys(changes);
  let row = before;
  for (let tries = 1; ; tries++) {
    try {
      const results = await database.batch([
        guardPreferences(user, names, row),
        patchPreferences(user, changes),
        limitPreferences(user, MAX_PREFERENCES_BYTES),
        getPreferences(user),
      ]);
      return preferencesOf(results.at(-1)?.rows[0] ?? {});
    } catch (error) {
      if (!isGuarded(error)) throw error;
      const fresh = await readRow(database, user);
      refuseConflict(user, row, fresh, changes);
      if ((fresh?.extra ?? null) === (row?.extra ?? null)) throw tooLarge();
      if (tries === TRIES) throw error;
      row = fresh;
    }
  }
}

/** Whether the batch was refused by the guard or the limit: nothing of it is applied then. */
function isGuarded(error: unknown): boolean {
  return error instanceof GoblinError && /malformed JSON/i.test(`${error.message} ${error.hint}`);
}

function refuseConflict(
  user: string,
  read: SqlRow | undefined,
  found: SqlRow | undefined,
  changes: Preferences,
): void {
  const [before, now] = [preferencesOf(read ?? {}), preferencesOf(found ?? {})];
  const text = (value: unknown) => (value === undefined ? 'not set' : JSON.stringify(value));
  const differing = Object.keys(changes).filter((name) => text(before[name]) !== text(now[name]));
  if (differing.length === 0) return;
  const what = differing.map(
    (name) => `${name} is ${text(now[name])} now, not ${text(before[name])}`,
  );
  throw new GoblinError(
    'failed',
    'concurrent_edit',
    `somebody else changed the preferences of ${user} meanwhile: ${what.join(', ')}`,
    { hint: `Look with \`goblin prefs get ${user}\`, and run the command again.`, retryable: true },
  );
}

function tooLarge(): GoblinError {
  return usageError(
    'preferences_too_large',
    TOO_LARGE,
    'Nothing was changed. Unset what is not needed.',
  );
}
