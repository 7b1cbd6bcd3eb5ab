/**
 * `POST …/import`: `init` names a place to upload a file of SQL to, `ingest` runs it as one transaction, `poll`
 * reports the outcome. Here all is done when `ingest` answers.
 */
import type { Context } from 'hono';
import { splitStatements } from '../../../d1/split.ts';
import { type Api, findD1 } from '../bindings.ts';
import { ApiFailure, succeed } from '../reply.ts';
import { bookmarkAt } from './bookmark.ts';
import { addFile, fileUrl, takeFile } from './files.ts';
import { metaOf } from './query.ts';
import { invalidProperty, readJson } from './request.ts';
import { type Meta, type Outcome, runAll } from './run.ts';

/** The outcome of the last import of each database, for `poll`. */
const finished = new Map<string, Record<string, unknown>>();

export async function importSql(c: Context<Api>): Promise<Response> {
  const id = c.req.param('database') ?? '';
  const database = findD1(c.env, id);
  const body = await readJson(c.req.raw);
  if (body.action === 'init') return init(c, body.etag);
  if (body.action === 'poll') return poll(c, id);
  if (body.action !== 'ingest') throw invalidProperty('action', 'Expected init, ingest or poll');
  const result = await ingest(database, id, body);
  finished.set(id, result);
  return succeed(c, result);
}

function init(c: Context<Api>, etag: unknown): Response {
  if (typeof etag !== 'string') throw invalidProperty('etag', 'Expected string');
  const filename = addFile(`${etag}.sql`);
  const upload_url = fileUrl(c, filename);
  return succeed(c, { success: true, type: 'import', messages: [], filename, upload_url });
}

function poll(c: Context<Api>, id: string): Response {
  const nothing = { success: false, type: 'import', error: 'Not currently importing anything.' };
  return succeed(c, finished.get(id) ?? nothing);
}

async function ingest(database: D1Database, id: string, body: Record<string, unknown>) {
  const sql = takeFile(String(body.filename), String(body.etag));
  if (sql === undefined) throw invalidProperty('filename', 'This file was not uploaded');
  const state = { type: 'import', at_bookmark: await bookmarkAt(id, Date.now()) };
  try {
    const statements = splitStatements(sql).map((text) => ({ sql: text, params: [] }));
    const outcomes = await runAll(database, statements);
    return {
      ...state,
      success: true,
      status: 'complete',
      messages: [`Processed ${outcomes.length} queries.`],
      result: {
        num_queries: outcomes.length,
        final_bookmark: state.at_bookmark,
        meta: total(outcomes),
      },
    };
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    const { message } = error;
    return { ...state, success: false, status: 'error', error: message, messages: [] };
  }
}

function total(outcomes: readonly Outcome[]) {
  const sum = (field: 'duration' | 'changes' | 'rows_read' | 'rows_written') =>
    outcomes.reduce((all, { meta }) => all + meta[field], 0);
  return metaOf({
    ...(outcomes.at(-1) as Outcome).meta,
    duration: sum('duration'),
    changes: sum('changes'),
    changed_db: outcomes.some(({ meta }) => meta.changed_db),
    rows_read: sum('rows_read'),
    rows_written: sum('rows_written'),
  } satisfies Meta);
}
