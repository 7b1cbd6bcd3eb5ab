import { prefixKey } from './key.ts';
import type { Decoded, Encoded, KeyCodec, Shard } from './shard.ts';
import { spelled, storedText } from './spelling.ts';
import { asMetadata, expiresAt, fieldsOf } from './summary.ts';
import { toMilliseconds } from './time.ts';

/** A session as it is read; times in milliseconds since 1970. */
export interface Session {
  /** A text, also where an older backend stored a number. */
  user_id: string;
  expires_at: number;
  /** Null if it is not known. */
  last_activity: number | null;
}

/** The fields of a stored session; those that are malformed or missing are null. */
function sessionFields(stored: unknown) {
  const fields = fieldsOf(stored);
  return {
    user_id: storedText(spelled(fields, 'user_id', 'userId')),
    expires_at: toMilliseconds(spelled(fields, 'expires_at', 'expiresAt')),
    last_activity: toMilliseconds(spelled(fields, 'last_activity', 'lastActivity')),
  };
}

/** A stored session; null without a user or an end. An activity that is missing or malformed is unknown. */
export function sessionOf(stored: unknown): Session | null {
  const { user_id, expires_at, last_activity } = sessionFields(stored);
  return user_id === null || expires_at === null ? null : { user_id, expires_at, last_activity };
}

export function decodeSession(stored: unknown): Decoded<Session> {
  const value = sessionOf(stored);
  if (value) return { value };
  const hasUser = sessionFields(stored).user_id !== null;
  return { value, problem: hasUser ? 'its expires_at is not a time' : 'it has no user_id' };
}

export const SESSION_PREFIX = 'session:';
const text = /* @__PURE__ */ prefixKey(SESSION_PREFIX, 'the token');

/** `session:{token}`. The token is a bearer secret: anyone who reads the key can act as the user. */
export const sessionKey: KeyCodec<{ token: string }> = {
  format: ({ token }) => text.format(token),
  parse(key) {
    const token = text.parse(key);
    return token === null ? null : { token };
  },
};

/** A session as a list knows it. The token is a secret: commands show its handle. */
export interface SessionRow extends Session {
  token: string;
}

/** @param stored what the value holds, where it has fields beside those of the session */
export function encodeSession(session: Session, stored: object = session): Encoded {
  return { value: JSON.stringify(stored), metadata: asMetadata({ ...session }) };
}

export const session: Shard<{ token: string }, Session, SessionRow> = {
  name: 'sessions',
  title: 'session',
  pattern: 'session:{token}',
  prefix: SESSION_PREFIX,
  ttl: 'session',
  secretKey: true,
  key: sessionKey,
  format: 'json',
  decode: decodeSession,
  encode: (_id, { user_id, expires_at, last_activity }) =>
    encodeSession({ user_id, expires_at, last_activity }),
  fromValue: ({ token }, value) => ({ token, ...value }),
  fromListing({ token }, { metadata }) {
    const { value } = decodeSession(metadata);
    // Metadata without the activity was not written by this Worker: the value may say more.
    return value === null || value.last_activity === null ? null : { token, ...value };
  },
  fromKey({ token }, { expiration }) {
    const expires_at = expiresAt(expiration);
    return expires_at === null ? { token } : { token, expires_at };
  },
  example: {
    id: { token: 'kq3vJ8Xw2nR5tY7uB1mC4zL6pS9dF0gHaKeQiWoTxEV' },
    value: { user_id: 'u_42', expires_at: 1767225600000, last_activity: 1767222000000 },
  },
};
