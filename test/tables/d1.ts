import { beforeAll } from 'vitest';
import { schemaText } from '../../scripts/schema.ts';
import type { SqlRow, Statement } from '../../src/tables/statement.ts';
import { type Result, startD1, type TestDatabase, useD1 } from '../local/d1.ts';
import { FIRST_GENERATION } from './databases.ts';

/** The databases in which every query has to work. */
export const KINDS = [
  ['a new database', ''],
  ['a database of the first generation', FIRST_GENERATION],
] as const;

export interface Tables extends TestDatabase {
  run(...statements: Statement[]): Promise<Result[]>;
  read(statement: Statement): Promise<SqlRow[]>;
  /** What SQLite would do, a step a line. */
  plan(statement: Statement): Promise<string[]>;
}

/** A database with the schema, set up from `before`, in the tests of a file or of a `describe`. */
export function useTables(before: string): Tables {
  const d1 = useD1();
  beforeAll(() => setUpTables(d1, before));
  return tablesOf(d1);
}

/** The same in an engine of its own, which the test ends. */
export async function startTables(before: string): Promise<Tables> {
  const d1 = await startD1();
  await setUpTables(d1, before);
  return tablesOf(d1);
}

export async function setUpTables(d1: TestDatabase, before = ''): Promise<void> {
  if (before) await d1.query({ sql: before });
  await d1.query({ sql: schemaText() });
}

export function tablesOf(d1: TestDatabase): Tables {
  const run = (...batch: Statement[]) => d1.query({ batch });
  return {
    ...d1,
    run,
    read: async (statement) => (await run(statement))[0]?.results,
    plan: async ({ sql, params }) => {
      const rows = await d1.rows(`EXPLAIN QUERY PLAN ${sql}`, params);
      return rows.map(({ detail }) => String(detail));
    },
  };
}
