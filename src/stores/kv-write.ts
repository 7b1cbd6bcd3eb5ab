/** A write as the API takes it. */
import { checkKey } from '../shards/key.ts';
import type { Listing } from '../shards/shard.ts';
import type { KvWrite } from './kv.ts';
import type { BulkWrite } from './kv-api.ts';

/** @throws {KeyError} for a key that KV cannot have. */
export function toBulkWrite({ key, value, ttl, expiration, metadata }: KvWrite): BulkWrite {
  const text =
    typeof value === 'string'
      ? { value }
      : { value: Buffer.from(value).toString('base64'), base64: true };
  return { key: checkKey(key), ...text, ...life({ ttl, expiration, metadata }) };
}

/** Expiration, time to live and metadata, leaving out what is not to be set. */
export function life({ ttl, expiration, metadata }: Listing & { ttl?: number | undefined }) {
  return {
    ...(ttl !== undefined ? { expiration_ttl: ttl } : {}),
    ...(ttl === undefined && expiration !== null ? { expiration } : {}),
    ...(metadata === null || metadata === undefined ? {} : { metadata }),
  };
}
