/**
 * One KV namespace as the commands see it: pages of a list, values one by one or in bulk, edits that keep
 * what they do not change. The same for Cloudflare and for the embedded engine.
 */

import type { KvApi } from '../api/kv.ts';
import type { BulkWrite } from '../api/kv-shapes.ts';
import type { Usage } from '../api/usage.ts';
import { GoblinError, unconfirmed } from '../contract/errors.ts';
import { checkKey } from '../shards/key.ts';
import type { KvEntry, KvKey, KvWrite } from '../shards/kv-key.ts';
import { BULK_KEYS, MIN_PAGE_KEYS } from '../shards/kv-limits.ts';
import { type BulkReport, inBatches, slices, writeBatches } from './bulk.ts';
import { listPages } from './pages.ts';
import { entryOfBytes, readMany } from './read-many.ts';
import { notWritten, toBulkWrite } from './write.ts';

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
 * that KV cannot have: the SDK would send some of them to other endpoints.
 */
export function kvStore(api: KvApi, id: string, usage: Usage) {
  const pages = (options: ListOptions = {}) => listPages({ api, namespace: id, usage }, options);

  async function* list(options: ListOptions = {}): AsyncGenerator<KvKey> {
    for await (const page of pages(options)) yield* page.keys;
  }

  /** The entry of a key without its metadata, or null where there is none. */
  async function get(key: string): Promise<KvEntry<Uint8Array> | null> {
    usage['kv.read']++;
    const found = await orNull(api.getValue(id, checkKey(key)));
    return found && entryOfBytes(key, found);
  }

  /** The entry of a key with its metadata, in two requests, or null where there is none. */
  async function getWhole(key: string): Promise<KvEntry<Uint8Array> | null> {
    usage['kv.read']++;
    const [entry, metadata] = await Promise.all([
      get(key),
      orNull(api.getMetadata(id, checkKey(key))),
    ]);
    return entry && { ...entry, metadata };
  }

  /** One key as a list has it, without its value, or null where there is none. */
  async function find(key: string): Promise<KvKey | null> {
    // Of all keys that begin with it, the key itself is the first.
    for await (const { keys } of pages({ prefix: checkKey(key), pageSize: MIN_PAGE_KEYS })) {
      const [first] = keys;
      if (first) return first.name === key ? first : null;
    }
    return null;
  }

  /**
   * Entries by name, 100 a request; keys that are gone are left out. Values that are not UTF-8 come with U+FFFD
   * in them.
   */
  function getMany(keys: readonly string[]): Promise<Map<string, KvEntry<string>>> {
    return readMany({ api, namespace: id, usage }, keys, false) as Promise<
      Map<string, KvEntry<string>>
    >;
  }

  /**
   * The same, with bytes for values that are not UTF-8. The metadata of such an entry is not read: who needs it
   * has it from the list.
   */
  function getManyExact(keys: readonly string[]): Promise<Map<string, KvEntry>> {
    return readMany({ api, namespace: id, usage }, keys, true);
  }

  /**
   * One pair, by the same request as many.
   * @throws {GoblinError} `not_written` (retryable) where the API refuses the key in every round; where the
   *   answer is lost or malformed, an error that says that the write may have been applied
   */
  async function put(write: KvWrite): Promise<void> {
    const { failed, stopped } = await send([[toBulkWrite(write)]], {});
    if (stopped) throw unconfirmed(stopped);
    if (failed.length > 0) throw notWritten(write.name);
  }

  async function remove(key: string): Promise<void> {
    usage['kv.delete']++;
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
        usage['kv.write'] += batch.length;
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
        usage['kv.delete'] += batch.length;
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
    getManyExact,
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
