/**
 * What KV takes: developers.cloudflare.com/kv/platform/limits, "Write key-value pairs" and "API reference".
 * Read by the Worker, the CLI and the local API alike.
 */

/** UTF-8 bytes of a key. */
export const MAX_KEY_BYTES = 512;

/** UTF-8 bytes of a key's metadata as JSON. */
export const MAX_METADATA_BYTES = 1024;

/** Bytes of a value: 25 MiB. */
export const MAX_VALUE_BYTES = 25 * 1024 * 1024;

/** Seconds that a key must have left when it is written, whether told as a TTL or as an expiration. */
export const MIN_TTL = 60;

/** Pairs or keys in one bulk write or bulk delete. */
export const BULK_KEYS = 10_000;

/** Bytes of JSON in one bulk write. */
export const BULK_BYTES = 100_000_000;

/** Keys in one bulk read. */
export const BULK_READ_KEYS = 100;

/** Keys on one page of a list. */
export const MIN_PAGE_KEYS = 10;
export const MAX_PAGE_KEYS = 1000;
