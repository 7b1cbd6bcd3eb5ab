/** `GET …/keys`: one page of names with their expiration and metadata. */
import type { Context } from 'hono';
import { type Api, findKv } from './bindings.ts';
import { succeed } from './envelope.ts';
import { badRequest } from './failure.ts';
import { checkLength } from './limits.ts';

const SMALLEST_PAGE = 10;
const LARGEST_PAGE = 1000;

export async function listKeys(c: Context<Api>): Promise<Response> {
  const kv = findKv(c.env, c.req.param('namespace') ?? '', 'list keys');
  const limit = pageSize(c.req.query('limit'));
  const prefix = c.req.query('prefix') ?? '';
  checkLength(prefix);
  const page = await kv.list({ limit, prefix, cursor: checkCursor(c.req.query('cursor')) });
  const cursor = page.list_complete ? '' : page.cursor;
  return succeed(c, page.keys, { count: page.keys.length, cursor });
}

function pageSize(text: string | undefined): number {
  const limit = Number(text || LARGEST_PAGE);
  if (Number.isSafeInteger(limit) && limit >= SMALLEST_PAGE && limit <= LARGEST_PAGE) return limit;
  throw badRequest(`Invalid limit "${text}": specify ${SMALLEST_PAGE} to ${LARGEST_PAGE}`);
}

/** A cursor is base64 of the last key; anything else would make the binding fail with a 500. */
function checkCursor(cursor: string | undefined): string | null {
  if (!cursor) return null;
  try {
    atob(cursor);
    return cursor;
  } catch {
    throw badRequest('Invalid cursor');
  }
}
