/**
 * One key as a line of NDJSON, in the very shape of an element of Cloudflare's bulk write: `jq -s .` makes
 * of such lines what `wrangler kv bulk put` takes.
 */
import { isUtf8 } from 'node:buffer';
import { usageError } from '../../contract/errors.ts';
import { jsonText } from '../../output/text.ts';
import { byteLength, checkKey, KeyError } from '../../shards/key.ts';
import type { KvWrite } from '../../shards/kv-key.ts';
import { MAX_METADATA_BYTES, MAX_VALUE_BYTES, MIN_TTL } from '../../shards/kv-limits.ts';

/** The line of a key, with its end. Bytes that are not text are written in base64. */
export function formatLine({ name, value, ttl, expiration, metadata }: KvWrite): string {
  const bytes = typeof value === 'string' ? null : value;
  const text = bytes && isUtf8(bytes) ? Buffer.from(bytes).toString() : value;
  const line = {
    key: name,
    ...(typeof text === 'string'
      ? { value: text }
      : { value: Buffer.from(text).toString('base64'), base64: true }),
    ...(expiration === null ? {} : { expiration }),
    ...(ttl === undefined ? {} : { expiration_ttl: ttl }),
    ...(metadata === null || metadata === undefined ? {} : { metadata }),
  };
  return `${jsonText(line)}\n`;
}

type Check = readonly [field: string, wanted: string, fits: (value: unknown) => boolean];

const isSeconds = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0;
const isOptional = (fits: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || value === null || fits(value);

const CHECKS: readonly Check[] = [
  ['key', 'a text', (value) => typeof value === 'string'],
  ['value', 'a text', (value) => typeof value === 'string'],
  ['base64', 'true or false', isOptional((value) => typeof value === 'boolean')],
  ['expiration', 'whole Unix seconds', isOptional(isSeconds)],
  [
    'expiration_ttl',
    `whole seconds from ${MIN_TTL} up`,
    isOptional((value) => isSeconds(value) && Number(value) >= MIN_TTL),
  ],
  [
    'metadata',
    `JSON of at most ${MAX_METADATA_BYTES} bytes`,
    isOptional((value) => byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES),
  ],
];

/** @throws {GoblinError} exit 2 that names the line and what is wrong with it. */
export function parseLine(text: string, line: number): KvWrite {
  const row = objectOf(text, line);
  const unknown = Object.keys(row).find((field) => !CHECKS.some(([name]) => name === field));
  if (unknown !== undefined) throw badLine(line, `unknown field ${JSON.stringify(unknown)}`);
  const wrong = CHECKS.find(([field, , fits]) => !fits(row[field]));
  if (wrong) throw badLine(line, `${wrong[0]} is not ${wrong[1]}`);
  const { key, value, base64, expiration, expiration_ttl, metadata } = row;
  return {
    name: validKey(String(key), line),
    value: storedValue(String(value), base64 === true, line),
    expiration: typeof expiration === 'number' ? expiration : null,
    metadata: metadata ?? null,
    ...(typeof expiration_ttl === 'number' ? { ttl: expiration_ttl } : {}),
  };
}

function objectOf(text: string, line: number): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw badLine(line, 'not JSON');
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json))
    return json as Record<string, unknown>;
  throw badLine(line, 'not a JSON object');
}

function validKey(key: string, line: number): string {
  try {
    return checkKey(key);
  } catch (error) {
    if (error instanceof KeyError) throw badLine(line, error.message);
    throw error;
  }
}

function storedValue(text: string, base64: boolean, line: number): string | Uint8Array {
  const bytes = base64 ? Buffer.from(text, 'base64') : null;
  // Node skips what is not base64, and the value would change unnoticed.
  if (bytes && bytes.toString('base64') !== text) throw badLine(line, 'value is not base64');
  const size = bytes ? bytes.length : byteLength(text);
  if (size > MAX_VALUE_BYTES) throw badLine(line, 'value has more than 25 MiB');
  return bytes ?? text;
}

function badLine(line: number, what: string) {
  return usageError('bad_line', `line ${line}: ${what}`);
}
