/** `PUT …/bulk`: up to 10,000 pairs, checked as a whole before the first is written. */
import type { Context } from 'hono';
import { type Api, findKv } from './bindings.ts';
import { forEach, readBulk } from './bulk.ts';
import {
  BULK_WRITES,
  checkKey,
  checkLife,
  checkMetadata,
  checkValue,
  type PutLife,
} from './limits.ts';
import { badRequest, succeed, tooManyKeys } from './reply.ts';

interface Pair {
  key: string;
  value: string | Uint8Array;
  life: PutLife;
  metadata: { metadata?: unknown };
}

export async function bulkPut(c: Context<Api>): Promise<Response> {
  const kv = findKv(c.env, c.req.param('namespace') ?? '', 'bulk put');
  const body = checkCount(await readBulk(c.req.raw));
  const now = Date.now();
  const pairs = withoutDuplicates(body).map((pair) => checkPair(pair, now));
  await forEach(pairs, ({ key, value, life, metadata }) =>
    kv.put(key, value, { ...life(Date.now()), ...metadata }),
  );
  return succeed(c, { successful_key_count: body.length, unsuccessful_keys: [] });
}

function checkCount(body: unknown): unknown[] {
  if (!Array.isArray(body)) throw badRequest('bulk put: expected an array of key-value pairs');
  if (body.length <= BULK_WRITES) return body;
  throw tooManyKeys(`bulk put: 'You can write a maximum of ${BULK_WRITES} keys'`);
}

/** The same pair twice is one write; the same key with two meanings is refused. */
function withoutDuplicates(body: unknown[]): Record<string, unknown>[] {
  const seen = new Map<unknown, { text: string; pair: Record<string, unknown> }>();
  for (const item of body) {
    const pair = (item ?? {}) as Record<string, unknown>;
    const text = JSON.stringify(pair);
    if ((seen.get(pair.key)?.text ?? text) !== text) {
      throw badRequest('received duplicate key with different values or expiration parameters');
    }
    seen.set(pair.key, { text, pair });
  }
  return [...seen.values()].map(({ pair }) => pair);
}

function checkPair(pair: Record<string, unknown>, now: number): Pair {
  const { key, value, metadata } = pair;
  if (typeof key !== 'string') throw badRequest('bulk put: every pair needs a "key" string');
  if (typeof value !== 'string') throw badRequest('bulk put: every pair needs a "value" string');
  checkKey(key);
  const bytes = pair.base64 === true ? decodeBase64(value) : value;
  checkValue(key, bytes);
  const life = checkLife(
    { expiration: number(pair.expiration), expiration_ttl: number(pair.expiration_ttl) },
    now,
  );
  if (metadata === undefined || metadata === null) return { key, value: bytes, life, metadata: {} };
  checkMetadata(metadata);
  return { key, value: bytes, life, metadata: { metadata } };
}

/** A TTL that is not a number is left for `checkLife` to refuse. */
function number(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' ? value : Number.NaN;
}

function decodeBase64(text: string): Uint8Array {
  try {
    const binary = atob(text);
    // A loop: `Uint8Array.from` calls back for each of what may be 26 million characters.
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch {
    throw badRequest('bulk put: a value marked base64 is not base64');
  }
}
