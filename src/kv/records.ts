/**
 * Shards as rows. What the list carries is not read again; the other keys are read 100 a request. A value
 * that does not fit its shard is a row too, with what is wrong, so that an operator can see and delete it.
 */
import type { Shown } from '../output/columns.ts';
import type { KeyDetails, KvEntry, KvKey } from '../shards/kv-key.ts';
import type { Decoded, Shard } from '../shards/shard.ts';
import { expiresAt } from '../shards/summary.ts';
import type { KvStore } from './namespace.ts';

/** One record of a shard, with as much of its row as could be read. */
export interface ShardRecord<Id, Row> {
  key: string;
  /** Null where the key does not fit the shard's pattern. */
  id: Id | null;
  row: Shown<Row>;
}

/** The record type of a shard. */
export type RecordOf<S> =
  S extends Shard<infer Id, infer _Value, infer Row> ? ShardRecord<Id, Row> : never;

export interface ReadOptions {
  /** Narrower than the shard's own. */
  prefix?: string;
  /** Milliseconds since 1970: keys that have expired are still listed for a while, and left out here. */
  now: number;
}

/** A shard's records page by page, in key order. */
export async function* readShard<Id, Value, Row extends object>(
  kv: KvStore,
  shard: Shard<Id, Value, Row>,
  { prefix = shard.prefix, now }: ReadOptions,
): AsyncGenerator<ShardRecord<Id, Row>[]> {
  for await (const { keys } of kv.pages({ prefix })) {
    yield await readKeys(
      kv,
      shard,
      keys.filter((key) => isAlive(key, now)),
    );
  }
}

/** Whether a key has not expired at `now` (milliseconds): those that have are listed for a while. */
export function isAlive({ expiration }: KeyDetails, now: number): boolean {
  return expiration === null || expiration * 1000 > now;
}

/** The records of listed keys, in their order; keys that are gone by now are left out. */
export async function readKeys<Id, Value, Row extends object>(
  kv: KvStore,
  shard: Shard<Id, Value, Row>,
  keys: readonly KvKey[],
): Promise<ShardRecord<Id, Row>[]> {
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
export function recordOf<Id, Value, Row extends object>(
  shard: Shard<Id, Value, Row>,
  entry: KvEntry<string>,
): ShardRecord<Id, Row> {
  const id = shard.key.parse(entry.name);
  if (id === null) return misfit(shard, entry);
  const { value, problem } = decodeValue(shard, entry.value);
  const row: Shown<Row> =
    value === null ? shard.fromKey(id, entry) : shard.fromValue(id, value, entry);
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

type Unread<Id, Row> = Omit<ShardRecord<Id, Row>, 'row'> & { row: Shown<Row> | null };

function fromListing<Id, Value, Row extends object>(
  shard: Shard<Id, Value, Row>,
  key: KvKey,
): Unread<Id, Row> {
  const id = shard.key.parse(key.name);
  if (id === null) return misfit(shard, key);
  return { key: key.name, id, row: shard.fromListing(id, key) };
}

function hasRow<Id, Row>(record: Unread<Id, Row>): record is ShardRecord<Id, Row> {
  return record.row !== null;
}

/** Of a key that does not fit, only its expiry is known. */
function misfit<Id, Value, Row extends object>(
  shard: Shard<Id, Value, Row>,
  { name, expiration }: KvKey,
): ShardRecord<Id, Row> {
  const problem = `the key does not fit ${shard.pattern}: ${excerpt(name)}`;
  const row: Shown<{ expires_at: number | null }> = { problem, expires_at: expiresAt(expiration) };
  return { key: name, id: null, row: row as Shown<Row> };
}

/** The beginning of a text, for a message. */
function excerpt(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

/** Records asked for by name: those that are there, and the identities of those that are not. */
export interface NamedRecords<Id, Row> {
  found: ShardRecord<Id, Row>[];
  absent: Id[];
}

/** Reads the records of `ids`, 100 a request, in the order asked for. */
export async function readNamed<Id, Value, Row extends object>(
  kv: KvStore,
  shard: Shard<Id, Value, Row>,
  ids: readonly Id[],
): Promise<NamedRecords<Id, Row>> {
  const entries = await kv.getMany(ids.map((id) => shard.key.format(id)));
  const found: ShardRecord<Id, Row>[] = [];
  const absent: Id[] = [];
  for (const id of ids) {
    const entry = entries.get(shard.key.format(id));
    if (entry) found.push(recordOf(shard, entry));
    else absent.push(id);
  }
  return { found, absent };
}
