import type { EngineOptions } from '../../src/local/engine.ts';
import type { Database } from '../../src/local/resources.ts';
import { startTestEngine, type TestEngine, useEngine } from '../engine.ts';

export const DATABASE: Database = {
  id: '5b2f1c1e-7a0e-4c5b-9e9a-0d1f00c0ffee',
  name: 'goblin-assistant-db',
};

export interface Result {
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of them is its own
  results: any;
  success: boolean;
  meta: Record<string, number> & { served_by: string };
}

export interface Reply<T> {
  success: boolean;
  errors: { code: number; message: string }[];
  result: T;
}

export interface TestDatabase {
  engine: TestEngine;
  /** A request below the account's databases: `send('GET', `/${id}`)`. */
  send(method: string, path: string, body?: unknown): Promise<Response>;
  /** `/query` on the database. @throws what D1 refuses */
  query(body: { sql: string; params?: unknown[] } | { batch: unknown[] }): Promise<Result[]>;
  /** The rows of one statement. */
  rows(sql: string, params?: unknown[]): Promise<Record<string, unknown>[]>;
}

/** A database in the tests of a file or of a `describe`; of the shared engine unless there are options. */
export function useD1(options?: Partial<EngineOptions>): TestDatabase {
  const engine = useEngine(options && { databases: [DATABASE], ...options });
  return databaseOf(engine);
}

/** An engine of its own with a D1 database, for tests that start and end it themselves. */
export async function startD1(options: Partial<EngineOptions> = {}): Promise<TestDatabase> {
  return databaseOf(await startTestEngine({ databases: [DATABASE], ...options }));
}

/** The first database of an engine. */
function databaseOf(engine: TestEngine): TestDatabase {
  const send = (method: string, path: string, body?: unknown) =>
    engine.api(`/accounts/any/d1/database${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const query: TestDatabase['query'] = async (body) => {
    const reply = await send('POST', `/${engine.database.id}/query`, body);
    const { success, errors, result } = (await reply.json()) as Reply<Result[]>;
    if (!success) throw new Error(JSON.stringify(errors));
    return result;
  };
  return {
    engine,
    send,
    query,
    rows: async (sql, params = []) => (await query({ sql, params }))[0]?.results,
  };
}
