/** Bulk requests: how their bodies are read, `POST …/bulk/get` and `POST …/bulk/delete`. */

import type { Context } from 'hono';
import { type Api, findKv } from './bindings.ts';
import { expirationOf } from './keys.ts';
import { BULK_BYTES, BULK_READS, BULK_WRITES, checkKey, VALUE_BYTES } from './limits.ts';
import { badRequest, notText, succeed, tooLarge, tooManyKeys } from './reply.ts';

/** How many keys are read or written at a time: enough to keep the engine's storage busy. */
const AT_ONCE = 64;

/** The JSON of a bulk request. @throws ApiFailure 413 over 100 MB, 400 where it is not JSON. */
export async function readBulk(request: Request): Promise<unknown> {
  const length = Number(request.headers.get('content-length'));
  if (length > BULK_BYTES) throw tooLarge('Request', BULK_BYTES);
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > BULK_BYTES) throw tooLarge('Request', BULK_BYTES);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw badRequest('Could not parse the request body as JSON');
  }
}

/**
 * `work` for every item, 64 at a time, results in the items' order. In between it yields: workerd would
 * serve no other request meanwhile, and its timers would stand still, so that the connection of this one
 * counts as idle, and is closed, as soon as the answer is out.
 */
export async function forEach<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    if (start > 0) await scheduler.wait(1);
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}

interface Wanted {
  keys: string[];
  json: boolean;
  withMetadata: boolean;
}

/** `values` has every key that was asked for, null where it is absent. */
export async function bulkGet(c: Context<Api>): Promise<Response> {
  const kv = findKv(c.env, c.req.param('namespace') ?? '', 'bulk get keys');
  const wanted = checkWanted(await readBulk(c.req.raw));
  let bytes = 0;
  const entries = await forEach(wanted.keys, async (key) => {
    const found = await kv.getWithMetadata(key, 'arrayBuffer');
    bytes += found.value?.byteLength ?? 0;
    if (bytes > VALUE_BYTES) throw tooLarge('Total size of values', VALUE_BYTES);
    return [key, found.value && (await describe(kv, key, found.value, found.metadata, wanted))];
  });
  return succeed(c, { values: Object.fromEntries(entries) });
}

async function describe(
  kv: KVNamespace,
  key: string,
  bytes: ArrayBuffer,
  metadata: unknown,
  { json, withMetadata }: Wanted,
): Promise<unknown> {
  const value = json ? parse(decode(key, bytes)) : decode(key, bytes);
  if (!withMetadata) return value;
  const expiration = await expirationOf(kv, key);
  return { value, metadata, ...(expiration !== undefined && { expiration }) };
}

function decode(key: string, bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notText(key);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('At least one of the requested keys corresponds to a non-json value');
  }
}

function checkWanted(body: unknown): Wanted {
  const { keys, type = 'text', withMetadata = false } = (body ?? {}) as Record<string, unknown>;
  if (!Array.isArray(keys) || keys.length < 1) {
    throw badRequest("bulk get keys: 'You must request a minimum of 1 key'");
  }
  if (keys.length > BULK_READS) {
    throw tooManyKeys(`bulk get keys: 'You can request a maximum of ${BULK_READS} keys'`);
  }
  if (type !== 'text' && type !== 'json') {
    throw badRequest(`"${type}" is not a valid type. Use "json" or "text"`);
  }
  for (const key of keys) {
    if (typeof key !== 'string') throw badRequest('bulk get keys: key names are strings');
    checkKey(key);
  }
  return { keys, json: type === 'json', withMetadata: withMetadata === true };
}

export async function bulkDelete(c: Context<Api>): Promise<Response> {
  const kv = findKv(c.env, c.req.param('namespace') ?? '', 'bulk delete');
  const keys = checkKeys(await readBulk(c.req.raw));
  await forEach([...new Set(keys)], (key) => kv.delete(key));
  return succeed(c, { successful_key_count: keys.length, unsuccessful_keys: [] });
}

function checkKeys(body: unknown): string[] {
  if (!Array.isArray(body)) throw badRequest('bulk delete: expected an array of key names');
  if (body.length > BULK_WRITES) {
    throw tooManyKeys(`bulk delete: 'You can delete a maximum of ${BULK_WRITES} keys'`);
  }
  for (const key of body) {
    if (typeof key !== 'string') throw badRequest('bulk delete: key names are strings');
    checkKey(key);
  }
  return body;
}
