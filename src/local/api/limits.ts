/**
 * What KV takes: the limits of developers.cloudflare.com/kv/platform/limits and of "Write key-value
 * pairs", checked here so that a bulk request is refused as a whole before anything is written.
 */
import {
  badExpiration,
  badMetadata,
  badRequest,
  badTtl,
  keyTooLong,
  metadataTooLong,
} from './failure.ts';

export const VALUE_BYTES = 25 * 1024 * 1024;
export const BULK_BYTES = 100_000_000;
export const BULK_WRITES = 10_000;
export const BULK_READS = 100;

const KEY_BYTES = 512;
const METADATA_BYTES = 1024;
const SHORTEST_LIFE = 60;

const bytesOf = (text: string) => new TextEncoder().encode(text).byteLength;

/** @throws ApiFailure 400 for a name KV refuses, 414 for one over 512 bytes. */
export function checkKey(key: string): void {
  if (key === '') throw badRequest('Key names must not be empty');
  if (key === '.' || key === '..') {
    throw badRequest(`Illegal key name "${key}". Please use a different name.`);
  }
  checkLength(key);
}

/** @throws ApiFailure 414 for a key or prefix over 512 bytes. */
export function checkLength(key: string): void {
  const bytes = bytesOf(key);
  if (bytes > KEY_BYTES) throw keyTooLong(bytes, KEY_BYTES);
}

/** @throws ApiFailure 413 where the metadata's JSON is over 1,024 bytes. */
export function checkMetadata(metadata: unknown): void {
  const bytes = bytesOf(JSON.stringify(metadata));
  if (bytes > METADATA_BYTES) throw metadataTooLong(bytes, METADATA_BYTES);
}

/** @throws ApiFailure 400/10147 where the text is no JSON. */
export function parseMetadata(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badMetadata('metadata must be valid JSON');
  }
}

/** What a request says of a key's life: seconds from now, or Unix seconds. */
export interface Life {
  expiration?: number | undefined;
  expiration_ttl?: number | undefined;
}

/**
 * The life as the KV binding takes it. Where both are given, `expiration_ttl` wins.
 * @throws ApiFailure 400 for a life that is no integer or ends within 60 seconds (10034 TTL, 10033 time).
 */
export function checkLife(life: Life, now: number): KVNamespacePutOptions {
  if (life.expiration_ttl !== undefined) return ttl(life.expiration_ttl);
  if (life.expiration !== undefined) return until(life.expiration, Math.floor(now / 1000));
  return {};
}

function ttl(seconds: number): KVNamespacePutOptions {
  if (!Number.isSafeInteger(seconds)) throw badTtl('Invalid expiration_ttl: specify an integer');
  if (seconds < SHORTEST_LIFE) {
    throw badTtl(
      `Invalid expiration_ttl of ${seconds}. Expiration TTL must be at least ${SHORTEST_LIFE}`,
    );
  }
  return { expirationTtl: seconds };
}

function until(time: number, now: number): KVNamespacePutOptions {
  if (!Number.isSafeInteger(time)) throw badExpiration('Invalid expiration: specify Unix seconds');
  if (time < now + SHORTEST_LIFE) {
    throw badExpiration(
      `Invalid expiration of ${time}. Expiration times must be at least ${SHORTEST_LIFE} seconds in the future.`,
    );
  }
  return { expiration: time };
}
