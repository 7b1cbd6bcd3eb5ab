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
  tooLarge,
} from './reply.ts';

export const VALUE_BYTES = 25 * 1024 * 1024;
export const BULK_BYTES = 100_000_000;
export const BULK_WRITES = 10_000;
export const BULK_READS = 100;

const KEY_BYTES = 512;
const METADATA_BYTES = 1024;
const SHORTEST_LIFE = 60;
/** The KV binding takes seconds as a signed 32-bit integer. */
const MOST_SECONDS = 2 ** 31 - 1;

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

/** @throws ApiFailure 413 for a value over 25 MiB, as it is stored. */
export function checkValue(key: string, value: string | Uint8Array): void {
  const bytes = typeof value === 'string' ? bytesOf(value) : value.byteLength;
  if (bytes > VALUE_BYTES) throw tooLarge(`Value of ${key}`, VALUE_BYTES);
}

/** @throws ApiFailure 413 where the metadata's JSON is over 1,024 bytes. */
export function checkMetadata(metadata: unknown): void {
  const bytes = bytesOf(JSON.stringify(metadata));
  if (bytes > METADATA_BYTES) throw metadataTooLong(bytes, METADATA_BYTES);
}

/** @throws ApiFailure 400/10147 where the text is not JSON. */
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

/** A checked life as the KV binding takes it, at the moment of the write (ms since 1970). */
export type PutLife = (now: number) => KVNamespacePutOptions;

/**
 * Where both are given, `expiration_ttl` wins.
 * @throws ApiFailure 400 for a TTL that is not an integer, ends within 60 seconds or is longer than the binding
 *   takes, some 68 years (10034 TTL, 10033 time).
 */
export function checkLife(life: Life, now: number): PutLife {
  if (life.expiration_ttl !== undefined) return ttl(life.expiration_ttl);
  if (life.expiration !== undefined) return until(life.expiration, now);
  return () => ({});
}

function ttl(seconds: number): PutLife {
  if (!Number.isSafeInteger(seconds)) throw badTtl('Invalid expiration_ttl: specify an integer');
  if (seconds < SHORTEST_LIFE || seconds > MOST_SECONDS) {
    throw badTtl(
      `Invalid expiration_ttl of ${seconds}. Expiration TTL must be at least ${SHORTEST_LIFE} and at most ${MOST_SECONDS}`,
    );
  }
  return () => ({ expirationTtl: seconds });
}

/** A time past 2038 goes as a TTL, for the binding takes no larger number; it may be a second off. */
function until(time: number, now: number): PutLife {
  if (!Number.isSafeInteger(time)) throw badExpiration('Invalid expiration: specify Unix seconds');
  const left = secondsUntil(time, now);
  if (left < SHORTEST_LIFE || left > MOST_SECONDS) {
    throw badExpiration(
      `Invalid expiration of ${time}. Expiration times must be at least ${SHORTEST_LIFE} and at most ${MOST_SECONDS} seconds in the future.`,
    );
  }
  if (time <= MOST_SECONDS) return () => ({ expiration: time });
  return (then) => ({ expirationTtl: secondsUntil(time, then) });
}

const secondsUntil = (time: number, now: number) => time - Math.floor(now / 1000);
