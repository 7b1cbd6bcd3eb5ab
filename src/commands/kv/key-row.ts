/** How one raw key is shown, whichever command shows it. */

import type { Column } from '../../output/columns.ts';
import { maskKey } from '../../shards/handle.ts';
import type { KeyDetails, KvKey } from '../../shards/kv-key.ts';
import { identify } from '../../shards/list.ts';
import { expiresAt } from '../../shards/summary.ts';

export interface Shown {
  /** Milliseconds since 1970. */
  now: number;
  /** Shows bearer secrets in keys instead of their handles. */
  reveal?: boolean | undefined;
}

/** Of any key: expiry as an instant and as what is left of it. */
export interface ExpiryRow {
  /** Milliseconds since 1970. */
  expires_at: number | null;
  ttl_seconds: number | null;
  metadata: unknown;
}

export interface KeyRow extends ExpiryRow {
  key: string;
  shard: string | null;
}

export const EXPIRY_COLUMNS: readonly Column<ExpiryRow>[] = [
  { name: 'expires_at', kind: 'time' },
  { name: 'ttl_seconds', kind: 'seconds', machineOnly: true },
  { name: 'metadata', kind: 'json', role: 'secondary' },
];

export const KEY_COLUMNS: readonly Column<KeyRow>[] = [
  { name: 'key', kind: 'text', role: 'identifier' },
  { name: 'shard', kind: 'text', role: 'secondary', fixed: true },
  ...EXPIRY_COLUMNS,
];

export function keyRow(key: KvKey, { now, reveal }: Shown): KeyRow {
  return {
    key: reveal ? key.name : maskKey(key.name),
    shard: identify(key.name)?.shard.name ?? null,
    ...expiryRow(key, now),
  };
}

/** The times are null for a key that does not expire. */
export function expiryRow({ expiration, metadata }: KeyDetails, now: number): ExpiryRow {
  return {
    expires_at: expiresAt(expiration),
    ttl_seconds: expiration === null ? null : Math.max(0, Math.floor(expiration - now / 1000)),
    metadata,
  };
}
