import type { FlagDocument } from './flag-value.ts';
import type { Decoded, KeyCodec, Shard } from './shard.ts';
import { expiresAt, fieldsOf } from './summary.ts';

/** The one key of all flags. */
export const FLAGS_KEY = 'feature_flags';
/** Seconds that an edge may serve the document from its cache. */
export const FLAGS_CACHE_TTL = 300;

export const flagsKey: KeyCodec<'all'> = {
  format: () => FLAGS_KEY,
  parse: (key) => (key === FLAGS_KEY ? 'all' : null),
};

/**
 * Reads the document as a whole. `flag-value.ts` checks each value, so that one bad flag does not hide the
 * good ones.
 */
export function decodeFlags(stored: unknown): Decoded<FlagDocument> {
  const document = fieldsOf(stored);
  return document === stored
    ? { value: document }
    : { value: null, problem: 'it is not a JSON object' };
}

export interface FlagsRow {
  /** How many are set. */
  flags: number;
  expires_at: number | null;
}

/** Stored without expiry: with one, every edit would undo itself. */
export const flags: Shard<'all', FlagDocument, FlagsRow> = {
  name: 'flags',
  title: 'feature flags',
  pattern: FLAGS_KEY,
  prefix: FLAGS_KEY,
  ttl: null,
  key: flagsKey,
  format: 'json',
  decode: decodeFlags,
  encode: (_id, document) => ({ value: JSON.stringify(document), metadata: undefined }),
  fromValue: (_id, document, { expiration }) => ({
    flags: Object.keys(document).length,
    expires_at: expiresAt(expiration),
  }),
  fromListing: () => null,
  fromKey: (_id, { expiration }) => ({ expires_at: expiresAt(expiration) }),
  example: {
    id: 'all',
    value: { api_enabled: true, rate_limiting_enabled: true, new_ui_enabled: 25 },
  },
};
