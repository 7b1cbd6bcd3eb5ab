import { schemaText } from '../../scripts/schema.ts';
import type { SqlRow, Statement } from '../../src/tables/statement.ts';
import { type Result, startD1, type TestDatabase } from '../local/d1.ts';
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

/** An engine whose database has the schema, set up from `before`. */
export async function startTables(before: string): Promise<Tables> {
  const d1 = await startD1();
  if (before) await d1.query({ sql: before });
  await d1.query({ sql: schemaText() });
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
