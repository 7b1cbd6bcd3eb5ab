/** `POST …/export`: a dump, with an address to download it from for an hour. */
import type { Context } from 'hono';
import { type Api, findD1 } from '../bindings.ts';
import { succeed } from '../reply.ts';
import { bookmarkAt } from './bookmark.ts';
import { dumpSql } from './dump.ts';
import { addFile, fileUrl } from './files.ts';
import { invalidProperty, readJson } from './request.ts';

/** Cloudflare makes the dump while a client polls; here it is made by the first answer. */
export async function exportSql(c: Context<Api>): Promise<Response> {
  const id = c.req.param('database') ?? '';
  const database = findD1(c.env, id);
  const { output_format, dump_options } = await readJson(c.req.raw);
  if (output_format !== 'polling') throw invalidProperty('output_format', 'Expected "polling"');
  const options = (dump_options ?? {}) as Record<string, unknown>;
  const tables = options.tables ?? [];
  if (!Array.isArray(tables)) throw invalidProperty('dump_options.tables', 'Expected array');
  const sql = await dumpSql(database, {
    noSchema: options.no_schema === true,
    noData: options.no_data === true,
    tables: tables.map(String),
  });
  const at_bookmark = await bookmarkAt(id, Date.now());
  const path = addFile(`${at_bookmark}.sql`, sql);
  return succeed(c, {
    success: true,
    type: 'export',
    status: 'complete',
    at_bookmark,
    messages: ['Export complete.'],
    result: { filename: `${at_bookmark}.sql`, signed_url: fileUrl(c, path) },
  });
}
