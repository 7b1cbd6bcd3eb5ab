/** Handles: shown in place of a bearer secret. For the CLI only. */
import { createHash } from 'node:crypto';
import { SESSION_PREFIX, sessionKey } from './session.ts';

const HANDLE = /^s_[0-9a-f]{10}$/;

/** `s_` and the first 10 hex digits of SHA-256(token): enough to tell sessions apart, useless to log in. */
export function sessionHandle(token: string): string {
  return `s_${createHash('sha256').update(token).digest('hex').slice(0, 10)}`;
}

export function isHandle(text: string): boolean {
  return HANDLE.test(text);
}

/**
 * A key as it may be shown: where it holds a bearer secret, a handle stands in its place. It asks the one shard
 * that has secret keys, not the list of all, which every command would load with it.
 */
export function maskKey(key: string): string {
  const session = sessionKey.parse(key);
  return session ? SESSION_PREFIX + sessionHandle(session.token) : key;
}
