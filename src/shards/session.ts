import { prefixKey } from './key.ts';
import type { Column, KeyCodec, Shard } from './shard.ts';
import { renameFields, storedTime } from './spelling.ts';
import { expiresAt, fieldsOf } from './summary.ts';
import { toMilliseconds } from './time.ts';

/** A session as it is stored; times in milliseconds since 1970. */
export interface Session {
  user_id: string;
  expires_at: number;
  last_activity: number;
}

export const SESSION_PREFIX = 'session:';
const text = /* @__PURE__ */ prefixKey(SESSION_PREFIX, 'the token');

/** `session:{token}`. The token is a bearer secret: who reads the key can be the user. */
export const sessionKey: KeyCodec<{ token: string }> = {
  format: ({ token }) => text.format(token),
  parse(key) {
    const token = text.parse(key);
    return token === null ? null : { token };
  },
};

export function sessionSummary({ user_id, expires_at, last_activity }: Session) {
  return { user_id, expires_at, last_activity };
}

const columns: readonly Column[] = [
  { name: 'handle', kind: 'handle' },
  { name: 'user_id', kind: 'text' },
  { name: 'last_activity', kind: 'time' },
  { name: 'expires_at', kind: 'time' },
];

export const session: Shard<{ token: string }, Session> = {
  name: 'sessions',
  title: 'session',
  pattern: 'session:{token}',
  prefix: SESSION_PREFIX,
  ttl: 'session',
  secretKey: true,
  key: sessionKey,
  format: 'json',
  schema: (z) =>
    z.preprocess(
      (stored) => renameFields(stored, { userId: 'user_id', expiresAt: 'expires_at' }),
      z.object({ user_id: z.string(), expires_at: storedTime(z), last_activity: storedTime(z) }),
    ),
  summary: sessionSummary,
  columns,
  fromListing({ token }, { expiration, metadata }) {
    const fields = fieldsOf(metadata);
    const last_activity = toMilliseconds(fields.last_activity);
    const expires_at = toMilliseconds(fields.expires_at) ?? expiresAt(expiration);
    if (typeof fields.user_id !== 'string' || last_activity === null || expires_at === null)
      return null;
    return { token, user_id: fields.user_id, last_activity, expires_at };
  },
  fromValue: ({ token }, value) => ({ token, ...value }),
  example: {
    id: { token: 'kq3vJ8Xw2nR5tY7uB1mC4zL6pS9dF0gHaKeQiWoTxEV' },
    value: { user_id: 'u_42', expires_at: 1767225600000, last_activity: 1767222000000 },
  },
};
