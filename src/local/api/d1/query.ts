/** `POST …/query` and `POST …/raw`: one atomic batch of statements; rows as objects, or as arrays. */
import type { Context } from 'hono';
import { type Api, findD1 } from '../bindings.ts';
import { succeed } from '../reply.ts';
import { readJson } from './request.ts';
import { type Meta, type Outcome, runAll, type Statement } from './run.ts';
import { withoutInternals } from './schema.ts';
import { statementsIn } from './statements.ts';

/** Rows as objects: of two columns of the same name only the last is in them. */
export const query = (c: Context<Api>): Promise<Response> =>
  answer(c, ({ columns, rows }) =>
    rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]]))),
  );

export const raw = (c: Context<Api>): Promise<Response> =>
  answer(c, ({ columns, rows }) => ({ columns, rows }));

async function answer(c: Context<Api>, format: (outcome: Outcome) => unknown): Promise<Response> {
  const database = findD1(c.env, c.req.param('database') ?? '');
  const statements = statementsIn(await readJson(c.req.raw));
  const outcomes = await runAll(database, statements);
  const result = outcomes.map((outcome, index) => ({
    results: format(withoutInternals(statements[index] as Statement, outcome)),
    success: true,
    meta: metaOf(outcome.meta),
  }));
  return succeed(c, result);
}

/** With the fields that clients of Cloudflare find there. */
export function metaOf(meta: Meta) {
  return {
    ...meta,
    served_by_primary: true,
    timings: { sql_duration_ms: meta.duration },
  };
}
