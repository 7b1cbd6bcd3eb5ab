/** The D1 part of Cloudflare's REST API. */

import type { Context } from 'hono';
import type { Hono } from 'hono/tiny';
import type { Api } from '../bindings.ts';
import { getBookmark, restore } from './bookmark.ts';
import { deleteDatabase, getDatabase, listDatabases, postDatabase } from './databases.ts';
import { exportSql } from './export.ts';
import { getFile, putFile } from './files.ts';
import { importSql } from './import.ts';
import { query, raw } from './query.ts';

const DATABASES = '/client/v4/accounts/:account/d1/database';
const DATABASE = `${DATABASES}/:database`;

/** Routes without a token: their addresses cannot be guessed. */
export function mountD1Files(app: Hono<Api>): void {
  app.put('/d1/files/*', putFile);
  app.get('/d1/files/*', getFile);
}

export function mountD1(app: Hono<Api>): void {
  app.get(DATABASES, listDatabases);
  app.post(DATABASES, postDatabase);
  app.get(DATABASE, getDatabase);
  app.delete(DATABASE, deleteDatabase);
  app.post(`${DATABASE}/query`, query);
  app.post(`${DATABASE}/raw`, raw);
  app.post(`${DATABASE}/import`, importSql);
  app.post(`${DATABASE}/export`, exportSql);
  app.get(`${DATABASE}/time_travel/bookmark`, getBookmark);
  app.post(`${DATABASE}/time_travel/restore`, restore);
  app.post('/client/v4/graphql', graphql);
}

/** The engine keeps no metrics: there is nothing to count for D1, and no answer to anything else. */
export async function graphql(c: Context): Promise<Response> {
  const text = await c.req.text();
  if (text.includes('d1AnalyticsAdaptiveGroups')) {
    const accounts = [{ d1AnalyticsAdaptiveGroups: [] }];
    return c.json({ data: { viewer: { accounts } }, errors: null });
  }
  return c.json({ data: null, errors: [{ message: 'the local engine keeps no such metrics' }] });
}
