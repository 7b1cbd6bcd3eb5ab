/** Shards as the list alone shows them: to delete a record, its value need not be read. */
import type { Shard } from '../shards/shard.ts';
import type { KvStore } from './namespace.ts';
import { isAlive, type ReadOptions, type ShardRecord } from './records.ts';

/** A record whose key fits its shard. */
export type ListedRecord<Id, Row> = ShardRecord<Id, Row> & { id: Id };

/**
 * The records below a prefix, no value read. What a key without metadata holds stays unknown: its row is
 * what the key says. Keys that do not fit the shard's pattern are left out.
 */
export async function* listShard<Id, Value, Row extends object>(
  kv: KvStore,
  shard: Shard<Id, Value, Row>,
  { prefix = shard.prefix, now }: ReadOptions,
): AsyncGenerator<ListedRecord<Id, Row>> {
  for await (const key of kv.list({ prefix })) {
    const id = isAlive(key, now) ? shard.key.parse(key.name) : null;
    if (id === null) continue;
    yield { key: key.name, id, row: shard.fromListing(id, key) ?? shard.fromKey(id, key) };
  }
}
