/**
 * A memory shard is one kind of record that the edge Worker keeps in KV. A shard knows its key, its TTL, its
 * value in every spelling that was ever written, and which fields the KV metadata carries. It does no I/O and
 * loads no library: the Worker bundles the codecs, so that both read and write a record by the same code. How a
 * record is shown is the business of the commands.
 */
import type { KeyDetails } from './kv-key.ts';

/** Between an identity and a key's text. `parse(format(id))` equals `id`, or `format` throws `KeyError`. */
export interface KeyCodec<Id> {
  format(id: Id): string;
  /** The identity in a key, or null where the key does not belong to this shard. */
  parse(key: string): Id | null;
}

/**
 * What a stored value means, or why it cannot be read. With both, the value is what could be read, and the
 * problem says what is missing.
 */
export type Decoded<Value> = { value: Value; problem?: string } | { value: null; problem: string };

/** A record as KV stores it: the value, and its small fields for the list. */
export interface Encoded {
  value: string;
  /** Undefined where the fields exceed KV's 1,024 bytes: the list then has to read the value. */
  metadata: Record<string, unknown> | undefined;
}

/**
 * One kind of record. `Id` is what the key holds, `Value` what the stored value means once every old spelling
 * is read, `Row` what a list shows of both: flat, with the stored field names.
 */
export interface Shard<Id = unknown, Value = unknown, Row extends object = object> {
  /** The word for it on the command line and in reports. */
  name: string;
  /** One record of it in words: "rate limit bucket". */
  title: string;
  /** The key's shape for people: `ratelimit:{ip}`. */
  pattern: string;
  /** What every key of this shard begins with, and what a list asks for. */
  prefix: string;
  /** Seconds to live; `session` where each record has its own; null where it does not expire. */
  ttl: number | 'session' | null;
  key: KeyCodec<Id>;
  /** The key itself is a bearer secret: it is shown as a handle. */
  secretKey?: true;
  /** `json` values are parsed before `decode` gets them; `raw` ones are the backend's text. */
  format: 'json' | 'raw';
  /** Reads every spelling that was ever written. The only place where stored fields are type-checked. */
  decode: (stored: unknown) => Decoded<Value>;
  encode: (id: Id, value: Value) => Encoded;
  /** The row of a value that was read. */
  fromValue: (id: Id, value: Value, key: KeyDetails) => Row;
  /** The row as the list alone tells it, or null where the value has to be read. */
  fromListing: (id: Id, key: KeyDetails) => Row | null;
  /** What the key alone tells, for a value that cannot be read or is not worth a read. */
  fromKey: (id: Id, key: KeyDetails) => Partial<Row>;
  /** One true record, for the generated storage page and the tests. */
  example: { id: Id; value: Value };
}
