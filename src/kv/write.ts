/** A write in the form that the API takes, and the error for one that it refuses. */
import { isUtf8 } from 'node:buffer';
import type { BulkWrite } from '../api/kv-shapes.ts';
import { GoblinError } from '../contract/errors.ts';
import { maskKey } from '../shards/handle.ts';
import { checkKey } from '../shards/key.ts';
import type { KeyDetails, KvWrite } from '../shards/kv-key.ts';

/** @throws {KeyError} for a key that KV cannot have. */
export function toBulkWrite({ name, value, ttl, expiration, metadata }: KvWrite): BulkWrite {
  return { key: checkKey(name), ...encode(value), ...putOptions({ ttl, expiration, metadata }) };
}

/** JSON holds text as it is; other bytes go as base64. */
function encode(value: string | Uint8Array): Pick<BulkWrite, 'value' | 'base64'> {
  if (typeof value === 'string') return { value };
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return isUtf8(bytes)
    ? { value: bytes.toString() }
    : { value: bytes.toString('base64'), base64: true };
}

/** TTL or expiration, and metadata, without what is not to be set. */
function putOptions({ ttl, expiration, metadata }: KeyDetails & { ttl?: number | undefined }) {
  return {
    ...(ttl !== undefined ? { expiration_ttl: ttl } : {}),
    ...(ttl === undefined && expiration !== null ? { expiration } : {}),
    ...(metadata === null || metadata === undefined ? {} : { metadata }),
  };
}

/** For a key that the API refuses in every round. */
export function notWritten(key: string): GoblinError {
  const message = `cannot write ${maskKey(key)}: the API refuses it and gives no reason`;
  return new GoblinError('failed', 'not_written', message, {
    hint: 'Try again; if it goes on, look at cloudflarestatus.com.',
    retryable: true,
  });
}
