/** Databases for the Worker under test: real ones, and how they are on bad days. */
import { env } from 'cloudflare:test';
import { vi } from 'vitest';
import { splitStatements } from '../../src/d1/split.ts';
import schema from '../../worker/schema.sql?raw';
import { FIRST_GENERATION } from '../tables/databases.ts';

type Bindings = Record<'DB' | 'OLD_DB' | 'EMPTY_DB', D1Database>;
const bindings = env as unknown as Bindings;

/** A database of the newest schema, one of the first generation that nobody migrated, and one without tables. */
export const { DB: db, OLD_DB: oldDb, EMPTY_DB: emptyDb } = bindings;

async function setUp(database: D1Database, text: string): Promise<void> {
  await database.batch(splitStatements(text).map((sql) => database.prepare(sql)));
}

export const migrate = () => setUp(db, schema);
export const setUpOld = () => setUp(oldDb, FIRST_GENERATION);

/** The rows of a query. */
export async function rows(sql: string, database = db): Promise<Record<string, unknown>[]> {
  return (await database.prepare(sql).all()).results as Record<string, unknown>[];
}

type Batch = () => Promise<D1Result[]>;

/**
 * A database with habits, and the SQL it was asked, a text a batch.
 * @param habit in place of every batch; `real` is what the real one would do.
 */
export function otherDb(
  habit: (real: Batch, sql: string) => Promise<D1Result[]> = (real) => real(),
  real = db,
) {
  const asked: string[] = [];
  const open = new Set<Promise<unknown>>();
  const texts = new WeakMap<object, string>();
  const database = {
    prepare(sql: string) {
      const statement = real.prepare(sql);
      const bind = (...values: unknown[]) => {
        const bound = statement.bind(...values);
        texts.set(bound, sql);
        return bound;
      };
      return { bind };
    },
    batch(statements: D1PreparedStatement[]) {
      const sql = statements.map((statement) => texts.get(statement)).join(';');
      asked.push(sql);
      const answer = habit(() => real.batch(statements), sql);
      open.add(answer);
      const close = () => open.delete(answer);
      answer.then(close, close);
      return answer;
    },
  };
  /** Fulfilled when nothing has been asked for a moment and all is answered. */
  async function idle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (open.size > 0) quiet = -1;
    }
  }
  return { db: database as unknown as D1Database, asked, idle };
}

/** What D1 says when it fails. */
export const failing = (message: string) => () => Promise.reject(new Error(message));

/** `scheduler.wait` in the hands of a test: waits end, in order of their length, when it says so. */
export function holdWaits() {
  const waits: { ms: number; end: () => void }[] = [];
  vi.spyOn(scheduler, 'wait').mockImplementation(
    (ms) => new Promise((resolve) => waits.push({ ms, end: () => resolve(undefined) })),
  );
  return {
    waits,
    /** Ends the waits of up to so many milliseconds. */
    end(upTo = Number.POSITIVE_INFINITY) {
      const ended = waits.filter(({ ms }) => ms <= upTo);
      waits.splice(0, waits.length, ...waits.filter(({ ms }) => ms > upTo));
      for (const { end } of ended) end();
      return ended.map(({ ms }) => ms);
    },
  };
}
