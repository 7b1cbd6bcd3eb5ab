/** How one raw key is shown, whichever command shows it. */

import type { KvKey } from '../../kv/namespace.ts';
import { maskKey } from '../../shards/handle.ts';
import { identify } from '../../shards/list.ts';
import type { Column, Listing, Row } from '../../shards/shard.ts';
import { expiresAt } from '../../shards/summary.ts';

export interface Shown {
  /** Milliseconds since 1970. */
  now: number;
  /** Shows bearer secrets in keys instead of their handles. */
  reveal?: boolean | undefined;
}

/** Of any key: expiry as an instant and as what is left of it. */
export const EXPIRY_COLUMNS: readonly Column[] = [
  { name: 'expires_at', kind: 'time' },
  { name: 'ttl_seconds', kind: 'seconds', machineOnly: true },
  { name: 'metadata', kind: 'json' },
];

export const KEY_COLUMNS: readonly Column[] = [
  { name: 'key', kind: 'text' },
  { name: 'shard', kind: 'text' },
  ...EXPIRY_COLUMNS,
];

export function keyRow(key: KvKey, { now, reveal }: Shown): Row {
  return {
    key: reveal ? key.name : maskKey(key.name),
    shard: identify(key.name)?.shard.name ?? null,
    ...expiryRow(key, now),
  };
}

/** Null times for a key that stays. */
export function expiryRow({ expiration, metadata }: Listing, now: number): Row {
  return {
    expires_at: expiresAt(expiration),
    ttl_seconds: expiration === null ? null : Math.max(0, Math.floor(expiration - now / 1000)),
    metadata,
  };
}
