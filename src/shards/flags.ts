import type { FlagDocument } from './flag-value.ts';
import type { Column, Decoded, KeyCodec, Shard } from './shard.ts';
import { fieldsOf } from './summary.ts';

/** The one key of all flags. */
export const FLAGS_KEY = 'feature_flags';
/** Seconds that an edge may serve the document from its cache. */
export const FLAGS_CACHE_TTL = 300;

export const flagsKey: KeyCodec<'all'> = {
  format: () => FLAGS_KEY,
  parse: (key) => (key === FLAGS_KEY ? 'all' : null),
};

/**
 * Reads the document as a whole. Single values are judged by `flag-value.ts`, for one bad flag must not hide
 * the good ones.
 */
export function decodeFlags(stored: unknown): Decoded<FlagDocument> {
  const document = fieldsOf(stored);
  return document === stored
    ? { value: document }
    : { value: null, problem: 'it is not a JSON object' };
}

const columns: readonly Column[] = [
  { name: 'flags', kind: 'number' },
  { name: 'expires_at', kind: 'time' },
];

/** Stored without expiry: with one, every edit would undo itself. */
export const flags: Shard<'all', FlagDocument> = {
  name: 'flags',
  title: 'feature flags',
  pattern: FLAGS_KEY,
  prefix: FLAGS_KEY,
  ttl: null,
  key: flagsKey,
  format: 'json',
  decode: decodeFlags,
  summary: () => ({}),
  columns,
  fromListing: () => null,
  fromValue: (_id, document, { expiration }) => ({
    flags: Object.keys(document).length,
    expires_at: expiration === null ? null : expiration * 1000,
  }),
  example: {
    id: 'all',
    value: { api_enabled: true, rate_limiting_enabled: true, new_ui_enabled: 25 },
  },
};
