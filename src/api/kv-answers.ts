/**
 * The answers of the KV endpoints, checked by hand: loading a schema library takes longer than a whole
 * `kv get`. Fields that Cloudflare may leave out are optional; fields that a report relies on are required.
 */

import { type Envelope, expect, isObject, kindOf } from './envelope.ts';
import type { HttpResponse } from './http.ts';
import type { BulkResult, BulkValue, ListedKey } from './kv-shapes.ts';

export interface ListPage {
  keys: ListedKey[];
  /** Null at the end of the list. */
  cursor: string | null;
}

/** `GET keys`. Without `result_info` a list would seem to end early. */
export function listPage({ result, result_info }: Envelope): ListPage {
  expect(Array.isArray(result), `result is ${kindOf(result)}, not an array`);
  expect(isObject(result_info), `result_info is ${kindOf(result_info)}`);
  const { cursor = null } = result_info;
  expect(cursor === null || typeof cursor === 'string', `the cursor is ${kindOf(cursor)}`);
  expect(result.every(isListedKey), 'result holds something other than keys');
  return { keys: result, cursor: cursor || null };
}

function isListedKey(value: unknown): value is ListedKey {
  return isObject(value) && typeof value.name === 'string' && isExpiration(value.expiration);
}

function isExpiration(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'number';
}

/**
 * `PUT bulk` and `POST bulk/delete` of `sent`, each key once. The two figures must account for every key: a
 * key that is neither counted as done nor named as refused is unknown.
 */
export function bulkResult({ result }: Envelope, sent: readonly string[]): BulkResult {
  expect(isObject(result), `result is ${kindOf(result)}`);
  const { successful_key_count: count, unsuccessful_keys } = result;
  expect(typeof count === 'number', `successful_key_count is ${kindOf(count)}`);
  const refused = namesOf(unsuccessful_keys ?? []);
  const known = new Set(sent);
  expect(
    refused.every((key) => known.has(key)),
    'unsuccessful_keys names keys that were not sent',
  );
  const accounted = count === sent.length - refused.length;
  const figures = `successful_key_count is ${count} and unsuccessful_keys names ${refused.length}`;
  expect(accounted, `${figures}, of ${sent.length} keys`);
  return { successful_key_count: count, unsuccessful_keys: refused };
}

function namesOf(value: unknown): string[] {
  expect(Array.isArray(value), `unsuccessful_keys is ${kindOf(value)}`);
  expect(
    value.every((key): key is string => typeof key === 'string'),
    'unsuccessful_keys holds something other than keys',
  );
  return [...new Set(value)];
}

/** `POST bulk/get` as text with metadata. Keys that are not there are null, or left out. */
export function bulkValues({ result }: Envelope, asked: readonly string[]): Map<string, BulkValue> {
  expect(isObject(result), `result is ${kindOf(result)}`);
  const { values } = result;
  expect(isObject(values), `result.values is ${kindOf(values)}`);
  const known = new Set(asked);
  const found = new Map<string, BulkValue>();
  for (const [key, entry] of Object.entries(values)) {
    expect(known.has(key), 'result.values holds keys that were not asked for');
    const value = bulkValue(entry);
    if (value) found.set(key, value);
  }
  return found;
}

function bulkValue(entry: unknown): BulkValue | null {
  if (entry === null) return null;
  expect(isObject(entry) && 'value' in entry, 'result.values holds an entry without a value');
  const { value, metadata = null, expiration } = entry;
  if (value === null) return null;
  expect(typeof value === 'string', `a value is ${kindOf(value)}`);
  expect(isExpiration(expiration), `an expiration is ${kindOf(expiration)}`);
  return { value, metadata, ...(typeof expiration === 'number' ? { expiration } : {}) };
}

/** `GET values/{key}`: any bytes are a value, an empty body too, so only the status is checked. */
export async function rawValue(response: HttpResponse) {
  expect(response.status === 200, 'a value comes with status 200');
  const expiration = Number(response.headers.get('expiration') ?? Number.NaN);
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    expiration: Number.isFinite(expiration) ? expiration : null,
  };
}

/** `GET metadata/{key}`: any JSON, null where there is none. */
export function metadataOf({ result }: Envelope): unknown {
  expect(result !== undefined, 'result is missing');
  return result;
}

/** `GET namespaces/{id}`. */
export function namespaceOf({ result }: Envelope): { id: string; title: string } {
  expect(isObject(result), `result is ${kindOf(result)}`);
  const { id, title } = result;
  expect(typeof id === 'string', `the id is ${kindOf(id)}`);
  expect(typeof title === 'string', `the title is ${kindOf(title)}`);
  return { id, title };
}

/** `PUT` and `DELETE values/{key}`: their answer holds nothing but the success of its envelope. */
export function success(_: Envelope): void {}
