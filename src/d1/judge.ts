/**
 * Whether statements write, by what SQLite would do: `EXPLAIN` lists the operations of a statement and runs none
 * (https://www.sqlite.org/opcode.html). A statement that changes a database begins a write transaction.
 */
import type { D1Statement } from '../api/d1-shapes.ts';
import { GoblinError } from '../contract/errors.ts';
import type { D1Database } from './database.ts';
import { LEADING } from './read-only.ts';

/** Operations that change the database without a write transaction of the statement's own. */
const CHANGING = new Set([
  'AutoCommit',
  'Checkpoint',
  'IncrVacuum',
  'JournalMode',
  'Savepoint',
  'SqlExec',
  'Vacuum',
]);

/**
 * Which of the statements write. Asked one by one where one of them relies on what an earlier one makes: such a
 * statement cannot be explained, and counts as a write where an earlier one is.
 * @throws {GoblinError} `sql_error` for a statement that SQLite does not understand
 */
export async function judge(
  database: D1Database,
  statements: readonly D1Statement[],
): Promise<boolean[]> {
  const explained = statements.map(explain);
  const asked = explained.filter((each) => each !== null);
  try {
    const results = await database.batch(asked);
    return explained.map((each) => each !== null && writes(results.shift()?.rows ?? []));
  } catch (error) {
    if (!isRefusal(error) || statements.length === 1) throw error;
    return oneByOne(database, explained);
  }
}

async function oneByOne(database: D1Database, explained: readonly (D1Statement | null)[]) {
  const found: boolean[] = [];
  for (const each of explained) {
    try {
      const [result] = each === null ? [] : await database.batch([each]);
      found.push(result !== undefined && writes(result.rows));
    } catch (error) {
      if (!isRefusal(error) || !found.includes(true)) throw error;
      found.push(true);
    }
  }
  return found;
}

const isRefusal = (error: unknown) =>
  error instanceof GoblinError && ['sql_error', 'no_such_table'].includes(error.code);

/** Null for an EXPLAIN, which cannot be explained and never runs what it explains. */
function explain({ sql, ...rest }: D1Statement): D1Statement | null {
  const text = sql.replace(LEADING, '');
  return /^EXPLAIN\b/i.test(text) ? null : { ...rest, sql: `EXPLAIN ${text}` };
}

function writes(operations: readonly Record<string, unknown>[]): boolean {
  return operations.some(({ opcode, p2 }) =>
    opcode === 'Transaction' ? p2 !== 0 : CHANGING.has(String(opcode)),
  );
}
