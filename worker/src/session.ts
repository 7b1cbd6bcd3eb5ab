/** Sessions: who the bearer of a token is, without asking the backend. */
import { SESSION_PREFIX, type Session } from '../../src/shards/session.ts';
import { fieldsOf } from '../../src/shards/summary.ts';
import type { Answer, Call } from './call.ts';
import { background, parseJson, read, within, write } from './kv.ts';
import { MAX_TOUCHED, SESSION_PATIENCE_MS, TOUCH_MS } from './limits.ts';
import { oncePerName } from './memory.ts';
import { refuse } from './refuse.ts';

/** By token: whether its activity is to be written. */
const isDue = oncePerName(TOUCH_MS, MAX_TOUCHED);

/** Where sessions are issued, to the bearer of another secret. */
export const SESSIONS_PATH = '/_goblin/sessions';

/** Reads the caller's session; a rejection where KV does not tell. */
export function loadSession(call: Call): Promise<void> | undefined {
  if (call.bearer && call.path !== SESSIONS_PATH) return readSession(call);
}

async function readSession(call: Call): Promise<void> {
  const found = await within(SESSION_PATIENCE_MS, read(call, SESSION_PREFIX + call.bearer));
  // KV is late, and nobody is let in unseen.
  if (!found) throw new Error();
  // What is said to be a session, that is: nothing of it is certain.
  const stored = fieldsOf(parseJson(found.value)) as unknown as Session;
  const { user_id, last_activity } = stored;
  // Older Workers wrote times as ISO 8601.
  const expires_at = Number(new Date(stored.expires_at));
  if (typeof user_id !== 'string') call.problem = 'session_invalid';
  else if (!(expires_at > call.now)) call.problem = 'session_expired';
  else call.session = { user_id, expires_at, last_activity };
}

/** Refuses a bearer without a session, and takes note of the activity of one with. */
export function requireSession(call: Call): Answer {
  const { problem, session, bearer, now } = call;
  if (problem) return refuse(call, 401, problem, 'no session', { 'WWW-Authenticate': 'Bearer' });
  if (!session || now - session.last_activity < TOUCH_MS || !isDue(bearer, now)) return;
  background(call, storeSession(call, bearer, { ...session, last_activity: now }, 'activity'));
}

/** Writes a session that ends when it says; what is only its activity may be dropped by the budget. */
export function storeSession(
  call: Call,
  token: string,
  session: Session,
  kind: 'sessions' | 'activity' = 'sessions',
): Promise<unknown> {
  const seconds = (session.expires_at - call.now) / 1000;
  return write(call, kind, SESSION_PREFIX + token, JSON.stringify(session), session, seconds);
}
