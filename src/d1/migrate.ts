/**
 * Applies migrations. A file and its record are one transaction, so a run that is killed leaves each of them whole
 * or not begun, and of two runs at once the second one's record is refused with all of its file. What became of a
 * request without a clear answer is read back; it is never sent again.
 */

import type { MigrationFile } from '../config/migrations.ts';
import { GoblinError } from '../contract/errors.ts';
import type { D1Database } from './database.ts';
import { checksumOf } from './migration-rows.ts';
import { CHECKSUMS, type DatabaseState, isRecorded, readState } from './migration-state.ts';
import { quoteName, quoteText } from './quote.ts';
import { splitStatements } from './split.ts';

/** As wrangler makes it. */
const recordTable = (table: string) =>
  `CREATE TABLE IF NOT EXISTS ${quoteName(table)}(
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		name       TEXT UNIQUE,
		applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

const CHECKSUM_TABLE = `CREATE TABLE IF NOT EXISTS ${CHECKSUMS} (
  name TEXT PRIMARY KEY NOT NULL,
  checksum TEXT NOT NULL
) WITHOUT ROWID`;

function recordOf(table: string, { name, sql }: MigrationFile): string[] {
  return [
    `INSERT INTO ${quoteName(table)} (name) values (${quoteText(name)})`,
    `INSERT OR REPLACE INTO ${CHECKSUMS} (name, checksum) VALUES (${quoteText(name)}, ${quoteText(checksumOf(sql))})`,
  ];
}

const scriptOf = (statements: readonly string[]) => `${statements.join(';\n')};`;

type Pending = DatabaseState['pending'][number];

/**
 * Applies one migration with its record.
 * @returns `unanswered` where the answer was lost and the record shows that it was applied
 * @throws {GoblinError} `migrated_meanwhile` where another run was first, `migration_failed`; nothing of the
 *   migration is applied then, or what the API client throws where that cannot be found out
 */
export async function applyMigration(
  database: D1Database,
  table: string,
  { file, work }: Pending,
): Promise<'answered' | 'unanswered'> {
  const { name } = file;
  const statements = [recordTable(table), CHECKSUM_TABLE, ...work.left, ...recordOf(table, file)];
  return settled(database.script(scriptOf(statements)), {
    what: `apply ${name}`,
    isDone: () => isRecorded(database, table, name),
  });
}

/**
 * Applies what the tables of another shape need, together with the first migration, as one transaction.
 * @throws as `applyMigration`
 */
export async function applyAdoption(
  database: D1Database,
  state: DatabaseState,
): Promise<'answered' | 'unanswered'> {
  const { table, adoption, first, pending } = state;
  if (!first) return 'answered';
  const isNew = pending.some(({ file }) => file.name === first.name);
  const statements = [
    recordTable(table),
    CHECKSUM_TABLE,
    ...adoption.before,
    ...splitStatements(first.sql),
    ...adoption.after,
    ...(isNew ? recordOf(table, first) : []),
  ];
  const migrations = { table, folder: { label: '', files: [first] } };
  return settled(database.script(scriptOf(statements)), {
    what: 'adopt the tables',
    isDone: async () => (await readState(database, migrations)).adoption.notes.length === 0,
  });
}

interface Sent {
  /** "apply 0001_one.sql". */
  what: string;
  isDone: () => Promise<boolean>;
}

async function settled(sent: Promise<void>, { what, isDone }: Sent) {
  try {
    await sent;
    return 'answered';
  } catch (error) {
    if (!(error instanceof GoblinError) || error.outcome === 'interrupted') throw error;
    if (!error.maybeApplied && error.code !== 'sql_error' && error.code !== 'no_such_table')
      throw error;
    const done = await isDone().catch(() => null);
    if (done === null) throw error;
    if (done && error.maybeApplied) return 'unanswered';
    throw done ? meanwhile(what, error) : notApplied(what, error);
  }
}

function meanwhile(what: string, cause: GoblinError): GoblinError {
  const message = `cannot ${what}: another run has done it meanwhile`;
  return new GoblinError('failed', 'migrated_meanwhile', message, {
    hint: 'Nothing was applied twice. Look at `goblin d1 status`, then run the command again for the rest.',
    retryable: true,
    cause,
  });
}

function notApplied(what: string, error: GoblinError): GoblinError {
  const reason = error.maybeApplied && error.cause instanceof GoblinError ? error.cause : error;
  const message = `cannot ${what}: ${reason.message}; nothing of it was applied`;
  // A full or busy database, or a used-up limit, keeps its own code and hint.
  if (reason.outcome === 'quota') return reason.with({ message, maybeApplied: false });
  return new GoblinError('failed', 'migration_failed', message, {
    hint: error.maybeApplied
      ? 'Run the same command again.'
      : 'Correct the file; those before it stay applied.',
    retryable: error.maybeApplied,
    requestId: error.requestId,
    cause: error,
  });
}
