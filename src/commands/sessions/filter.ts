/** Which of all sessions: by user, by how long nothing was done with them, by how soon they end. */
import type { Context } from '../../context.ts';
import { readShard } from '../../kv/records.ts';
import type { Shown } from '../../output/columns.ts';
import { type SessionRow, session } from '../../shards/session.ts';
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

export interface Matches {
  /** The sessions that fit, in key order. */
  found: SessionRecord[];
  /** Those of which the filter cannot tell: their records lack what it goes by. */
  unjudged: SessionRecord[];
}

/** The sessions that fit, and those that cannot be judged, page by page. */
export async function* matchingSessions(
  context: Context,
  filter: SessionFilter,
): AsyncGenerator<Matches> {
  const now = context.now();
  await warnOfStep(context, filter);
  for await (const page of readShard(await context.kv(), session, { now })) {
    const verdicts = page.map(({ row }) => fits(row, filter, now));
    yield {
      found: page.filter((_, i) => verdicts[i] === true),
      unjudged: page.filter((_, i) => verdicts[i] === null),
    };
  }
}

/** Null if the row does not say: it could not be read, or has no note of when it was used. */
function fits(
  row: Shown<SessionRow>,
  { user, idle, expiring }: SessionFilter,
  now: number,
): boolean | null {
  const tests: (boolean | null)[] = [];
  if (user !== undefined) tests.push(known(row.user_id, (id) => id === user));
  if (idle !== undefined) tests.push(known(row.last_activity, (at) => at <= now - idle));
  if (expiring !== undefined) {
    const isSoon = (at: number) => at > now && at <= now + expiring;
    tests.push(known(isReadable(row) ? row.expires_at : null, isSoon));
  }
  if (tests.includes(false)) return false;
  return tests.includes(null) ? null : true;
}

/** The test of a field, or null where it is not known. */
function known<T>(field: T | null | undefined, test: (field: T) => boolean): boolean | null {
  return field == null ? null : test(field);
}

/** Whether the row is of a value that could be read; the edge refuses every other. */
export function isReadable({ user_id }: Shown<SessionRow>): boolean {
  return user_id != null;
}

async function warnOfStep({ log }: Context, { idle = ACTIVITY_STEP }: SessionFilter) {
  if (idle >= ACTIVITY_STEP) return;
  await log.warn('the edge notes activity every 5m, so a session in use may look idle for as long');
}
