/** Sessions: who the bearer of a token is, without asking the backend. */
import { SESSION_PREFIX, type Session } from '../../src/shards/session.ts';
import { fieldsOf } from '../../src/shards/summary.ts';
import type { Answer, Call } from './call.ts';
import { background, parseJson, read, within, write } from './kv.ts';
import { SESSION_PATIENCE_MS, TOUCH_MS } from './limits.ts';
import { isDue } from './memory.ts';
import { isAdminPath } from './own-path.ts';
import { refuse } from './refuse.ts';

/** Reads the caller's session; a rejection where KV does not tell. */
export function loadSession(call: Call): Promise<void> | undefined {
  if (call.bearer && !isAdminPath(call.path)) return readSession(call);
}

async function readSession(call: Call): Promise<void> {
  const found = await within(SESSION_PATIENCE_MS, read(call, SESSION_PREFIX + call.bearer));
  if (!found) throw new Error('KV is late, and nobody is let in unseen');
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
  if (problem)
    return refuse(call, 401, problem, 'the bearer has no session', {
      'WWW-Authenticate': 'Bearer',
    });
  if (!session || now - session.last_activity < TOUCH_MS || !isDue(call, bearer, TOUCH_MS)) return;
  background(call, storeSession(call, bearer, { ...session, last_activity: now }));
}

/** Writes a session that ends when it says. */
export function storeSession(call: Call, token: string, session: Session): Promise<void> {
  const seconds = (session.expires_at - call.now) / 1000;
  return write(call, SESSION_PREFIX + token, JSON.stringify(session), session, seconds);
}
