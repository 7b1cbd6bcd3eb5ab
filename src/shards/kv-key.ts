/** What KV holds under one key: one shape for lists, reads and writes. */

/** What is known of a key beside its name and value. */
export interface KeyDetails {
  /** Unix seconds; null for a key that does not expire. */
  expiration: number | null;
  /** Null where there is none, undefined where it was not read. */
  metadata: unknown;
}

/** A key as a list has it. */
export interface KvKey extends KeyDetails {
  name: string;
}

/** A key with its value: text, or the bytes of a value that is not UTF-8. */
export interface KvEntry<Value extends string | Uint8Array = string | Uint8Array> extends KvKey {
  value: Value;
}

/** An entry to write. */
export interface KvWrite extends KvEntry {
  /** Seconds to live, at least 60; it takes precedence over `expiration`. */
  ttl?: number;
}
