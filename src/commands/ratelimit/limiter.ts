/**
 * The rate limiter's own objects, which count precisely; the buckets in KV are their mirror. Where the edge and its
 * secret are known, commands ask the object, which writes its mirror, too; else they change the mirror alone, and
 * the object follows.
 */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import type { AdminClient } from '../../edge/admin.ts';
import { showLimit } from '../../edge/live.ts';
import type { LimitAnswer } from '../../live/admin.ts';
import type { Shown } from '../../output/columns.ts';
import { RATE_LIMIT } from '../../shards/ratelimit.ts';
import { openAdmin } from '../rooms/admin.ts';
import type { ListedBucket } from './rows.ts';

export interface Limiter {
  admin: AdminClient;
  /** What it knows of the client that was asked for. */
  state: LimitAnswer;
}

/**
 * The limiter, asked for one client; null where it cannot be reached, which is said on stderr unless there is
 * nothing to reach: no address of an edge, or no secret for it.
 */
export async function openLimiter(context: Context, client: string): Promise<Limiter | null> {
  const config = await context.config();
  if (!(await config.adminToken()) || !(await hasEdge(context))) return null;
  try {
    const admin = await openAdmin(context);
    return { admin, state: await showLimit(admin, client) };
  } catch (error) {
    if (!(error instanceof GoblinError) || error.outcome === 'interrupted') throw error;
    await context.log.note(
      `The edge's rate limiter was not reached (${error.message}); this is about the buckets in KV alone.`,
    );
    return null;
  }
}

/**
 * Whether the operator named a namespace. The edge's own may be another one: the limiter's mirror is in that, and the
 * named one has to be changed as well.
 */
export async function isNamespaceNamed(context: Context): Promise<boolean> {
  const { origin } = await (await context.config()).namespace();
  return origin === '--namespace-id';
}

async function hasEdge(context: Context): Promise<boolean> {
  try {
    await (await context.config()).edge();
    return true;
  } catch (error) {
    if (error instanceof GoblinError && error.code === 'no_edge') return false;
    throw error;
  }
}

/** Whether the limiter counts or blocks a client at this moment. */
export const isOpen = ({ reset_at, blocked_until }: LimitAnswer): boolean =>
  reset_at !== null || blocked_until !== null;

/** What the limiter knows, as a bucket. */
export function limitRow({ client, limit, count, reset_at, blocked_until }: LimitAnswer) {
  const remaining = blocked_until === null ? Math.max(0, limit - count) : 0;
  const end = blocked_until ?? reset_at;
  const row: Shown<ListedBucket> = {
    ip: client,
    count: blocked_until === null ? count : RATE_LIMIT,
    limit,
    remaining,
    blocked: remaining === 0,
    reset_at: end === null ? null : Date.parse(end),
  };
  return row;
}
