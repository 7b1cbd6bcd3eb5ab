/**
 * What a memory shard is: one kind of record that the edge Worker keeps in KV. A shard knows its key, its
 * life time, its value in every spelling that was ever written, what of it the KV metadata carries, and
 * how it is shown. It does no I/O and loads no library: the Worker bundles parts of these files, so that
 * both read a record by the same code.
 */
/**
 * How a cell is to be read: `time` is milliseconds since 1970 (RFC 3339 in JSON), `seconds` and `ms` are
 * durations, `flag` is true, false or a percentage, `handle` is a stand-in for a secret.
 */
export type Kind =
  | 'text'
  | 'number'
  | 'percent'
  | 'bytes'
  | 'time'
  | 'seconds'
  | 'ms'
  | 'boolean'
  | 'flag'
  | 'handle'
  | 'json';

/** One field of a row: `name` is the stored field's name and the key in JSON and CSV. */
export interface Column {
  name: string;
  kind: Kind;
  /** Left out of the table, present in JSON, NDJSON and CSV. */
  machineOnly?: true;
}

/** Between an identity and a key's text. `parse(format(id))` equals `id`, or `format` throws `KeyError`. */
export interface KeyCodec<Id> {
  format(id: Id): string;
  /** The identity behind a key, or null where the key is not of this shard. */
  parse(key: string): Id | null;
}

/** What a page of a KV list says of one key: `expiration` in Unix seconds, null for a key that stays. */
export interface Listing {
  expiration: number | null;
  metadata: unknown;
}

/**
 * What a stored value means, or why it cannot be read. With both, the value is what could be read, and the
 * problem says what is missing from it.
 */
export type Decoded<Value> = { value: Value; problem?: string } | { value: null; problem: string };

/** A row as it is shown: flat, with the stored field names. */
export type Row = Record<string, unknown>;

/**
 * One kind of record. `Id` is what the key holds, `Value` what the stored value means once every old
 * spelling is read.
 */
export interface Shard<Id = unknown, Value = unknown> {
  /** The word for it on the command line and in reports. */
  name: string;
  /** One record of it in a sentence: "rate limit bucket". */
  title: string;
  /** The key's shape for people: `ratelimit:{ip}`. */
  pattern: string;
  /** What every key of this shard begins with, and what a list asks for. */
  prefix: string;
  /** Life in seconds; `session` where each record has its own; null where it stays. */
  ttl: number | 'session' | null;
  key: KeyCodec<Id>;
  /** The key itself is a bearer secret: it is shown as a handle. */
  secretKey?: true;
  /** `json` values are parsed before `decode` gets them; `raw` ones are somebody else's text. */
  format: 'json' | 'raw';
  /** Reads every spelling that was ever written. The Worker reads the record by this, too. */
  decode: (stored: unknown) => Decoded<Value>;
  /** The small part of a value that the list carries (JSON, at most 1,024 bytes). */
  summary: (value: Value) => Record<string, unknown>;
  columns: readonly Column[];
  /** The row as far as key and list tell it, or null when the value has to be read. */
  fromListing: (id: Id, listing: Listing) => Row | null;
  /** The row of a value that was read. */
  fromValue: (id: Id, value: Value, listing: Listing) => Row;
  /** One true record, for the generated storage page and the tests. */
  example: { id: Id; value: Value };
}
