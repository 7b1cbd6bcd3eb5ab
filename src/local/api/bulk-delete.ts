/** `POST …/bulk/delete`, and `DELETE …/bulk` for clients that know only that. */
import type { Context } from 'hono';
import { BULK_KEYS } from '../../shards/kv-limits.ts';
import { type Api, findKv } from './bindings.ts';
import { forEach, readBulk } from './bulk-body.ts';
import { succeed } from './envelope.ts';
import { badRequest, tooManyKeys } from './failure.ts';
import { checkKey } from './limits.ts';

export async function bulkDelete(c: Context<Api>): Promise<Response> {
  const kv = findKv(c.env, c.req.param('namespace') ?? '', 'bulk delete');
  const keys = checkKeys(await readBulk(c.req.raw));
  await forEach([...new Set(keys)], (key) => kv.delete(key));
  return succeed(c, { successful_key_count: keys.length, unsuccessful_keys: [] });
}

function checkKeys(body: unknown): string[] {
  if (!Array.isArray(body)) throw badRequest('bulk delete: expected an array of key names');
  if (body.length > BULK_KEYS) {
    throw tooManyKeys(`bulk delete: 'You can delete a maximum of ${BULK_KEYS} keys'`);
  }
  for (const key of body) {
    if (typeof key !== 'string') throw badRequest('bulk delete: key names are strings');
    checkKey(key);
  }
  return body;
}
