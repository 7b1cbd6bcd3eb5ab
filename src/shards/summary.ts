/**
 * A summary is the small part of a value that is also stored as the key's KV metadata, so that a list
 * shows the record without reading it.
 */
import { byteLength } from './key.ts';
import { MAX_METADATA_BYTES } from './kv-limits.ts';

/** The metadata to store: the summary, or nothing if it is too large, so that lists have to read the value. */
export function asMetadata<Summary extends object>(summary: Summary): Summary | undefined {
  return byteLength(JSON.stringify(summary)) <= MAX_METADATA_BYTES ? summary : undefined;
}

/** The fields of a stored object; none for anything that is not an object. */
export function fieldsOf(metadata: unknown): Record<string, unknown> {
  return metadata && typeof metadata === 'object' && !Array.isArray(metadata)
    ? (metadata as Record<string, unknown>)
    : {};
}

/** Cuts a text to `limit` UTF-16 units without splitting a character. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1)) ? limit - 1 : limit;
  return text.slice(0, end);
}

/** A KV expiration (Unix seconds) in milliseconds, the unit of every other time. */
export function expiresAt(expiration: number | null): number | null {
  return expiration === null ? null : expiration * 1000;
}
