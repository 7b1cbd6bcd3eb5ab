/** Buckets as they are shown: what is left of the window beside what was used. */
import type { RecordOf } from '../../kv/records.ts';
import type { Column, Shown } from '../../output/columns.ts';
import { type BucketRow, RATE_LIMIT, type rateLimit } from '../../shards/ratelimit.ts';

export type BucketRecord = RecordOf<typeof rateLimit>;

/** A bucket with what follows from its count. */
export interface ListedBucket extends BucketRow {
  limit: number;
  remaining: number;
  blocked: boolean;
}

export const BUCKET_COLUMNS: readonly Column<ListedBucket>[] = [
  { name: 'ip', kind: 'text', role: 'identifier' },
  { name: 'count', kind: 'number' },
  { name: 'limit', kind: 'number', machineOnly: true },
  { name: 'remaining', kind: 'number', role: 'secondary' },
  { name: 'blocked', kind: 'boolean', tone: (blocked) => (blocked ? 'bad' : 'quiet') },
  { name: 'reset_at', kind: 'time' },
  { name: 'expires_at', kind: 'time', machineOnly: true },
];

/** A bucket's row with what follows from its count; a window that is over blocks nobody. */
export function bucketRow(row: Shown<BucketRow>, now: number): Shown<ListedBucket> {
  const { count, reset_at } = row;
  if (count === undefined) return { ...row, limit: RATE_LIMIT };
  const used = reset_at != null && reset_at <= now ? 0 : count;
  const remaining = Math.max(0, RATE_LIMIT - used);
  return { ...row, limit: RATE_LIMIT, remaining, blocked: remaining === 0 };
}
