/** Which of all sessions: by user, by how long nothing was done with them, by how soon they end. */
import type { Context } from '../../context.ts';
import { session } from '../../shards/session.ts';
import type { Row } from '../../shards/shard.ts';
import { readShard } from '../../stores/records.ts';
import type { SessionRecord } from './rows.ts';

/** Durations in milliseconds; what is left out does not narrow. */
export interface SessionFilter {
  user?: string | undefined;
  idle?: number | undefined;
  expiring?: number | undefined;
}

/** Milliseconds between two notes that the edge takes of a session's activity. */
const ACTIVITY_STEP = 300_000;

export function isFiltered({ user, idle, expiring }: SessionFilter): boolean {
  return user !== undefined || idle !== undefined || expiring !== undefined;
}

/**
 * The sessions that fit, in key order. Values that cannot be read fit no filter, and stderr is told of
 * them.
 */
export async function* matchingSessions(
  context: Context,
  filter: SessionFilter,
): AsyncGenerator<SessionRecord> {
  const now = context.now();
  await warnOfStep(context, filter);
  let unreadable = 0;
  for await (const page of readShard(await context.kv(), session, { now })) {
    for (const record of page) {
      if (!isFiltered(filter) || fits(record.row, filter, now)) yield record;
      else if (record.row.problem !== undefined) unreadable++;
    }
  }
  if (unreadable > 0) await context.log.warn(unreadableText(unreadable));
}

function fits(row: Row, { user, idle, expiring }: SessionFilter, now: number): boolean {
  const { user_id, last_activity, expires_at } = row;
  if (row.problem !== undefined) return false;
  if (user !== undefined && user_id !== user) return false;
  if (idle !== undefined && !(Number(last_activity) <= now - idle)) return false;
  if (expiring === undefined) return true;
  return Number(expires_at) > now && Number(expires_at) <= now + expiring;
}

async function warnOfStep({ log }: Context, { idle = ACTIVITY_STEP }: SessionFilter) {
  if (idle >= ACTIVITY_STEP) return;
  await log.warn('the edge notes activity every 5m, so a session in use may look idle for as long');
}

function unreadableText(count: number): string {
  const what = count === 1 ? 'one session cannot be' : `${count} sessions cannot be`;
  return `${what} read and so fits no filter; \`goblin sessions list\` shows what is wrong`;
}
