/** `POST …/bulk/get`: up to 100 text or JSON values in one request. */
import type { Context } from 'hono';
import { BULK_READ_KEYS, MAX_VALUE_BYTES } from '../../shards/kv-limits.ts';
import { type Api, findKv } from './bindings.ts';
import { forEach, readBulk } from './bulk-body.ts';
import { succeed } from './envelope.ts';
import { expirationOf } from './expiration.ts';
import { badRequest, notText, tooLarge, tooManyKeys } from './failure.ts';
import { checkKey } from './limits.ts';

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
    if (bytes > MAX_VALUE_BYTES) throw tooLarge('Total size of values', MAX_VALUE_BYTES);
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
  if (keys.length > BULK_READ_KEYS) {
    throw tooManyKeys(`bulk get keys: 'You can request a maximum of ${BULK_READ_KEYS} keys'`);
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
