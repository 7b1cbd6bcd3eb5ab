/** Handles: shown in place of a bearer secret. For the CLI only. */
import { createHash } from 'node:crypto';
import { identify } from './list.ts';

const HANDLE = /^s_[0-9a-f]{10}$/;

/** `s_` and the first 10 hex digits of SHA-256(token): enough to tell sessions apart, useless to log in. */
export function sessionHandle(token: string): string {
  return `s_${createHash('sha256').update(token).digest('hex').slice(0, 10)}`;
}

export function isHandle(text: string): boolean {
  return HANDLE.test(text);
}

/** A key as it may be shown: a handle takes the place of a bearer secret. */
export function maskKey(key: string): string {
  const shard = identify(key)?.shard;
  return shard?.secretKey === true
    ? shard.prefix + sessionHandle(key.slice(shard.prefix.length))
    : key;
}
