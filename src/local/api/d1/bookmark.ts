/**
 * `…/time_travel/bookmark` and `…/time_travel/restore`. The engine keeps no history, so a bookmark is only the
 * name of a moment, in Cloudflare's form: later ones sort after earlier ones. None can be restored.
 */
import type { Context } from 'hono';
import { type Api, findD1 } from '../bindings.ts';
import { succeed } from '../reply.ts';
import { invalidProperty, sqlFailure } from './request.ts';

/** `?timestamp=` asks for that of a time gone by. */
export async function getBookmark(c: Context<Api>): Promise<Response> {
  const id = c.req.param('database') ?? '';
  findD1(c.env, id);
  const now = Date.now();
  const asked = c.req.query('timestamp');
  const time = asked ? Date.parse(asked) : now;
  if (Number.isNaN(time) || time > now) throw invalidProperty('timestamp', 'a time in the past');
  return succeed(c, { bookmark: await bookmarkAt(id, time) });
}

export function restore(c: Context<Api>): Response {
  findD1(c.env, c.req.param('database') ?? '');
  throw sqlFailure(
    'The local engine keeps no history and cannot restore a bookmark. Export the database before you ' +
      'change it (`wrangler d1 export`), or copy the folder .wrangler/state.',
  );
}

export async function bookmarkAt(databaseId: string, time: number): Promise<string> {
  const moment = Math.floor(time).toString(16).padStart(16, '0');
  const digest = await crypto.subtle.digest('MD5', new TextEncoder().encode(databaseId + moment));
  return `${moment.slice(0, 8)}-${moment.slice(8)}-00000000-${hex(digest)}`;
}

export function hex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
