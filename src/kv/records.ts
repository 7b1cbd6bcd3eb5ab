/**
 * Shards as rows. What the list carries is not read again; the other keys are read 100 a request. A value
 * that does not fit its shard is a row too, with what is wrong: the operator came to see it.
 */
import type { Decoded, Row, Shard } from '../shards/shard.ts';
import { expiresAt } from '../shards/summary.ts';
import type { KvEntry, KvKey, KvStore } from './namespace.ts';

export interface ShardRecord<Id> {
  key: string;
  /** Null where the key does not fit the shard's pattern. */
  id: Id | null;
  row: Row;
}

export interface ReadOptions {
  /** Narrower than the shard's own. */
  prefix?: string;
  /** Milliseconds since 1970: keys that have expired are still listed for a while, and left out here. */
  now: number;
}

/** A shard's records page by page, in key order. */
export async function* readShard<Id, Value>(
  kv: KvStore,
  shard: Shard<Id, Value>,
  { prefix = shard.prefix, now }: ReadOptions,
): AsyncGenerator<ShardRecord<Id>[]> {
  for await (const { keys } of kv.pages({ prefix })) {
    yield await readKeys(
      kv,
      shard,
      keys.filter((key) => isAlive(key, now)),
    );
  }
}

/** Whether a key has not expired at `now` (milliseconds): those that have are listed for a while. */
export function isAlive({ expiration }: KvKey, now: number): boolean {
  return expiration === null || expiration * 1000 > now;
}

/** The records of listed keys, in their order; keys that are gone by now are left out. */
export async function readKeys<Id, Value>(
  kv: KvStore,
  shard: Shard<Id, Value>,
  keys: readonly KvKey[],
): Promise<ShardRecord<Id>[]> {
  const listed = keys.map((key) => fromListing(shard, key));
  const unread = listed.filter(({ row }) => row === null).map(({ key }) => key);
  if (unread.length === 0) return listed.filter(hasRow);
  const entries = await kv.getMany(unread);
  return listed
    .map((record) => {
      const entry = record.row === null ? entries.get(record.key) : undefined;
      return entry ? recordOf(shard, entry) : record;
    })
    .filter(hasRow);
}

/** The record of one entry that was read whole. */
export function recordOf<Id, Value>(shard: Shard<Id, Value>, entry: KvEntry): ShardRecord<Id> {
  const id = shard.key.parse(entry.name);
  if (id === null) return misfit(shard, entry);
  const { value, problem } = decodeValue(shard, entry.value);
  const row = value === null ? problemRow(id, entry) : shard.fromValue(id, value, entry);
  return { key: entry.name, id, row: problem === undefined ? row : { ...row, problem } };
}

/** A stored text as the shard's value, with what is wrong with it. */
export function decodeValue<Value>(
  shard: Pick<Shard<unknown, Value>, 'format' | 'decode'>,
  stored: string,
): Decoded<Value> {
  if (shard.format === 'raw') return shard.decode(stored);
  let json: unknown;
  try {
    // The Worker's decoder skips a byte order mark, too.
    json = JSON.parse(stored.replace(/^\uFEFF/, ''));
  } catch {
    return { value: null, problem: `not JSON: ${excerpt(stored)}` };
  }
  const decoded = shard.decode(json);
  if (decoded.problem === undefined) return decoded;
  return { ...decoded, problem: `${decoded.problem}: ${excerpt(stored)}` };
}

type Unread<Id> = { key: string; id: Id | null; row: Row | null };

function fromListing<Id, Value>(shard: Shard<Id, Value>, listing: KvKey): Unread<Id> {
  const id = shard.key.parse(listing.name);
  if (id === null) return misfit(shard, listing);
  return { key: listing.name, id, row: shard.fromListing(id, listing) };
}

function hasRow<Id>(record: Unread<Id>): record is ShardRecord<Id> {
  return record.row !== null;
}

function misfit<Id, Value>(shard: Shard<Id, Value>, { name, expiration }: KvKey): ShardRecord<Id> {
  const problem = `the key does not fit ${shard.pattern}: ${excerpt(name)}`;
  return { key: name, id: null, row: { problem, expires_at: expiresAt(expiration) } };
}

function problemRow(id: unknown, { expiration }: KvKey): Row {
  const fields = typeof id === 'object' ? id : {};
  return { ...fields, expires_at: expiresAt(expiration) };
}

/** The beginning of a text, for a message. */
function excerpt(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

/** Records asked for by name: those that are there, and the identities of those that are not. */
export interface NamedRecords<Id> {
  found: ShardRecord<Id>[];
  absent: Id[];
}

/** Reads the records of `ids`, 100 a request, in the order asked for. */
export async function readNamed<Id, Value>(
  kv: KvStore,
  shard: Shard<Id, Value>,
  ids: readonly Id[],
): Promise<NamedRecords<Id>> {
  const entries = await kv.getMany(ids.map((id) => shard.key.format(id)));
  const found: ShardRecord<Id>[] = [];
  const absent: Id[] = [];
  for (const id of ids) {
    const entry = entries.get(shard.key.format(id));
    if (entry) found.push(recordOf(shard, entry));
    else absent.push(id);
  }
  return { found, absent };
}
