/** Keys: in a list, in a path, and when they expire. */
import type { Context } from 'hono';
import { type Api, findKv } from './bindings.ts';
import { checkKey, checkLength } from './limits.ts';
import { badRequest, succeed } from './reply.ts';

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

/**
 * The key at the end of `…/values/{key}` or `…/metadata/{key}`, decoded exactly once from the path as it
 * was sent, so that `a%2Fb`, `a%252Fb` and a raw `a/b` each name what they say.
 * @throws ApiFailure 400 for a broken escape or a name KV refuses, 414 for one over 512 bytes.
 */
export function keyInPath(path: string): string {
  const key = decode(path.split('/').slice(10).join('/'));
  checkKey(key);
  return key;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest('Could not URL-decode key name');
  }
}

/**
 * When a key expires. The binding tells this only in a list, and a key is the first of those that begin
 * with it; the cursor starts the list right before the key, which spares the engine a scan from the top.
 */

/** Unix seconds, or undefined for a key that stays. */
export async function expirationOf(kv: KVNamespace, key: string): Promise<number | undefined> {
  const { keys } = await kv.list({ prefix: key, limit: 1, cursor: cursorBefore(key) });
  return keys[0]?.name === key ? keys[0].expiration : undefined;
}

/** A list cursor of the engine (base64 of the last key listed) that sorts just before `key`. */
function cursorBefore(key: string): string {
  const last = [...key].at(-1) ?? '';
  const head = key.slice(0, key.length - last.length);
  const bytes = new TextEncoder().encode(head + predecessor(last.codePointAt(0) ?? 0));
  return btoa(String.fromCharCode(...bytes));
}

/** The character before, stepping over the surrogates, which are no characters. */
function predecessor(code: number): string {
  if (code === 0) return '';
  return String.fromCodePoint(code === 0xe000 ? 0xd7ff : code - 1);
}
