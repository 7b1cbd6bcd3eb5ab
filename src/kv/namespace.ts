/**
 * One KV namespace as the commands see it: pages of a list, values one by one or in bulk, edits that keep
 * what they do not change. The same for Cloudflare and for the embedded engine.
 */

import type { KvApi } from '../api/kv.ts';
import type { BulkWrite } from '../api/kv-shapes.ts';
import type { Usage } from '../api/usage.ts';
import { GoblinError, unconfirmed } from '../contract/errors.ts';
import { checkKey } from '../shards/key.ts';
import type { Listing } from '../shards/shard.ts';
import { BULK_KEYS, type BulkReport, inBatches, slices, writeBatches } from './bulk.ts';
import { listPages } from './pages.ts';
import { readMany } from './read-many.ts';
import { notWritten, toBulkWrite } from './write.ts';

/** A key of a list: name, expiration (Unix seconds), metadata; no value. */
export interface KvKey extends Listing {
  name: string;
}

/** A key with its value as text. */
export interface KvEntry extends KvKey {
  value: string;
  /** The value itself where it is no text; set only where exact values were asked for. */
  bytes?: Uint8Array;
  /** Set where it was read alone: its metadata would be one more request. */
  metadataUnread?: true;
}

/** One value as it is stored. */
export interface KvValue extends Listing {
  bytes: Uint8Array;
}

export interface ReadManyOptions {
  /**
   * Gives `bytes` for values that are no text. Metadata of such a key is not read: whoever needs both
   * has it from the list.
   */
  exact?: boolean;
}

export interface KvWrite extends Listing {
  key: string;
  value: string | Uint8Array;
  /** Seconds to live, at least 60; wins over `expiration`. */
  ttl?: number;
}

export interface KvPage {
  keys: KvKey[];
  /** Where the list goes on; null at its end. */
  cursor: string | null;
}

export interface ListOptions {
  prefix?: string;
  /** Keys a page, 10 to 1,000. */
  pageSize?: number;
  cursor?: string;
}

export interface BulkOptions {
  /** Asked between batches, so that Ctrl-C ends at a known point. */
  signal?: AbortSignal | undefined;
  onProgress?: (done: number) => void;
}

export type KvStore = ReturnType<typeof kvStore>;

/**
 * The namespace `id` behind `api`. Every operation is counted in `usage`. Each throws a KeyError for a key
 * that KV cannot have: the SDK would send some of them elsewhere.
 */
export function kvStore(api: KvApi, id: string, usage: Usage) {
  const pages = (options: ListOptions = {}) => listPages({ api, namespace: id, usage }, options);

  async function* list(options: ListOptions = {}): AsyncGenerator<KvKey> {
    for await (const page of pages(options)) yield* page.keys;
  }

  /** Value (bytes) and expiration (Unix seconds) of a key, or null where there is none. */
  async function get(
    key: string,
  ): Promise<{ bytes: Uint8Array; expiration: number | null } | null> {
    usage.read++;
    return orNull(api.getValue(id, checkKey(key)));
  }

  /** Value, expiration and metadata of a key in two requests, or null where there is none. */
  async function getWhole(key: string): Promise<KvValue | null> {
    usage.read++;
    const [value, metadata] = await Promise.all([
      get(key),
      orNull(api.getMetadata(id, checkKey(key))),
    ]);
    return value && { ...value, metadata };
  }

  /** What the list tells of one key, without its value, or null where there is none. */
  async function find(key: string): Promise<KvKey | null> {
    // Of all keys that begin with it, the key itself is the first.
    for await (const { keys } of pages({ prefix: checkKey(key), pageSize: 10 })) {
      const [first] = keys;
      if (first) return first.name === key ? first : null;
    }
    return null;
  }

  /** Values as text with metadata and expiration, 100 a request; keys that are gone are left out. */
  function getMany(
    keys: readonly string[],
    options: ReadManyOptions = {},
  ): Promise<Map<string, KvEntry>> {
    return readMany({ api, namespace: id, usage, ...options }, keys);
  }

  /**
   * One pair, by the same request as many.
   * @throws {GoblinError} `not_written` (retryable) where the API refuses the key again and again; where the
   *   answer is lost or odd, that the write may have been applied
   */
  async function put(write: KvWrite): Promise<void> {
    const { failed, stopped } = await send([[toBulkWrite(write)]], {});
    if (stopped) throw unconfirmed(stopped);
    if (failed.length > 0) throw notWritten(write.key);
  }

  async function remove(key: string): Promise<void> {
    usage.delete++;
    await api.deleteValue(id, checkKey(key)).catch((error: unknown) => {
      throw unconfirmed(error);
    });
  }

  async function putMany(
    writes: readonly KvWrite[],
    options: BulkOptions = {},
  ): Promise<BulkReport> {
    return send(writeBatches(writes.map(toBulkWrite)), options);
  }

  function send(batches: BulkWrite[][], options: BulkOptions): Promise<BulkReport> {
    return inBatches(
      batches,
      (body) => body.key,
      options,
      (batch) => {
        usage.write += batch.length;
        return api.bulkPut(id, batch);
      },
    );
  }

  /** Deletes keys, 10,000 a request. A key that is gone already counts as done, as it does for KV. */
  async function deleteMany(
    keys: readonly string[],
    options: BulkOptions = {},
  ): Promise<BulkReport> {
    return inBatches(
      slices([...new Set(keys)], BULK_KEYS),
      (key) => key,
      options,
      (batch) => {
        usage.delete += batch.length;
        return api.bulkDelete(id, batch);
      },
    );
  }

  return {
    id,
    pages,
    list,
    find,
    get,
    getWhole,
    getMany,
    put,
    delete: remove,
    putMany,
    deleteMany,
  };
}

/** A 404 for the key is an answer; a 404 for the namespace is an error. */
async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof GoblinError && error.code === 'key_not_found') return null;
    throw error;
  }
}
