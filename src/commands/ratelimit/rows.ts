/** Buckets as they are shown: what is left of the window beside what was used. */
import { RATE_LIMIT, rateLimit } from '../../shards/ratelimit.ts';
import type { Column, Row } from '../../shards/shard.ts';

const ADDED: readonly Column[] = [
  { name: 'limit', kind: 'number', machineOnly: true },
  { name: 'remaining', kind: 'number' },
  { name: 'blocked', kind: 'boolean' },
];

/** `ip`, `count`, then what follows from the limit, then the times. */
export const bucketColumns: readonly Column[] = [
  ...rateLimit.columns.slice(0, 2),
  ...ADDED,
  ...rateLimit.columns.slice(2),
];

/** A bucket's row with what follows from its count; a window that is over blocks nobody. */
export function bucketRow(row: Row, now: number): Row {
  const { count, reset_at } = row;
  if (typeof count !== 'number') return { ...row, limit: RATE_LIMIT };
  const used = typeof reset_at === 'number' && reset_at <= now ? 0 : count;
  const remaining = Math.max(0, RATE_LIMIT - used);
  return { ...row, limit: RATE_LIMIT, remaining, blocked: remaining === 0 };
}
