import { beforeEach } from 'vitest';
import { quoteName } from '../../../src/d1/quote.ts';
import { type TestDatabase, useD1 } from '../../local/d1.ts';
import { type RunOptions, run } from '../../run.ts';

export interface D1Test {
  d1: TestDatabase;
  /** `goblin d1 <line>` on the database, in a folder without a wrangler file. */
  goblin(line: string | readonly string[], options?: RunOptions): ReturnType<typeof run>;
  /** The names of tables that a person made. */
  tables(): Promise<string[]>;
  recorded(): Promise<unknown[]>;
}

/** A database that is empty before each test. */
export function useDatabase(): D1Test {
  const d1 = useD1();
  const tables = async () => {
    const rows = await d1.rows(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' ORDER BY name",
    );
    return rows.map(({ name }) => String(name));
  };
  beforeEach(async () => {
    for (const name of await tables()) {
      await d1.query({ sql: `DROP TABLE IF EXISTS ${quoteName(name)}` });
    }
  });
  return {
    d1,
    tables,
    goblin: (line, options = {}) => {
      const words = typeof line === 'string' ? `d1 ${line}` : ['d1', ...line];
      const env = { GOBLIN_DATABASE: d1.engine.database.id, ...options.env };
      return run(words, { engine: d1.engine, cwd: '/', ...options, env });
    },
    recorded: async () =>
      (await d1.rows('SELECT name FROM d1_migrations ORDER BY id')).map(({ name }) => name),
  };
}

/** A fetch whose requests that `hit` pick go wrong as `fault` says; the others go through. */
export function faulty(
  hit: (url: string, body: string) => boolean,
  fault: (pass: () => Promise<Response>) => Promise<Response>,
): NonNullable<RunOptions['fetch']> {
  return (url, init) => {
    const pass = () => fetch(url, init);
    return hit(url, String(init.body ?? '')) ? fault(pass) : pass();
  };
}

export const refusal = (status: number, code: number, message: string) =>
  Response.json({ success: false, errors: [{ code, message }], result: null }, { status });
