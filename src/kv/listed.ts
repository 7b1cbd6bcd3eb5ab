/** Shards as the list alone tells them: for whoever is about to delete, a value is not worth a read. */
import type { Row, Shard } from '../shards/shard.ts';
import type { KvStore } from './namespace.ts';
import { isAlive, type ReadOptions, type ShardRecord } from './records.ts';

/** A record whose key fits its shard. */
export type ListedRecord<Id> = ShardRecord<Id> & { id: Id };

/**
 * The records below a prefix, no value read. What a key without metadata holds stays unknown: its row is
 * what the key says. Keys that do not fit the shard's pattern are left out.
 */
export async function* listShard<Id extends object, Value>(
  kv: KvStore,
  shard: Shard<Id, Value>,
  { prefix = shard.prefix, now }: ReadOptions,
): AsyncGenerator<ListedRecord<Id>> {
  for await (const key of kv.list({ prefix })) {
    const id = isAlive(key, now) ? shard.key.parse(key.name) : null;
    if (id === null) continue;
    const row: Row = shard.fromListing(id, key) ?? Object.fromEntries(Object.entries(id));
    yield { key: key.name, id, row };
  }
}
