/** Sessions: who the bearer of a token is, without asking the backend. */
import { decodeSession, SESSION_PREFIX, type Session } from '../../src/shards/session.ts';
import { asMetadata, fieldsOf } from '../../src/shards/summary.ts';
import type { Answer, Call } from './call.ts';
import { background, parseJson, read, within, write } from './kv.ts';
import { SESSION_PATIENCE_MS, TOUCH_MS } from './limits.ts';
import { isDue } from './memory.ts';
import { isAdminPath } from './own-path.ts';
import { refuse } from './refuse.ts';

/** KV counts expirations in 32 bits; a session that ends later is written with the last one there is. */
const LAST_EXPIRATION_MS = (2 ** 31 - 1) * 1000;

/** Reads the caller's session; a rejection where KV does not tell. */
export function loadSession(call: Call): Promise<void> | undefined {
  if (call.bearer && !isAdminPath(call.path)) return readSession(call);
}

async function readSession(call: Call): Promise<void> {
  const found = await within(SESSION_PATIENCE_MS, read(call, SESSION_PREFIX + call.bearer));
  if (!found) throw new Error('KV is late, and nobody is let in unseen');
  const stored = parseJson(found.value);
  const { value } = decodeSession(stored);
  if (!value) call.problem = 'session_invalid';
  else if (value.expires_at <= call.now) call.problem = 'session_expired';
  else {
    call.session = value;
    call.storedSession = fieldsOf(stored);
  }
}

/** Refuses a bearer without a session, and takes note of the activity of one with. */
export function requireSession(call: Call): Answer {
  const { problem, session, storedSession, bearer, now } = call;
  if (problem) {
    const challenge = { 'WWW-Authenticate': 'Bearer' };
    return refuse(call, 401, problem, 'the bearer has no session', challenge);
  }
  if (!session || now - (session.last_activity ?? 0) < TOUCH_MS) return;
  if (!isDue(call, bearer, TOUCH_MS)) return;
  const touched = { ...session, last_activity: now };
  background(call, storeSession(call, bearer, touched, { ...storedSession, last_activity: now }));
}

/**
 * Writes a session that ends when it says.
 * @param stored its value, if that holds more than this Worker reads of it
 */
export function storeSession(
  call: Call,
  token: string,
  session: Session,
  stored: object = session,
): Promise<void> {
  const seconds = (Math.min(session.expires_at, LAST_EXPIRATION_MS) - call.now) / 1000;
  const metadata = asMetadata({ ...session });
  return write(call, SESSION_PREFIX + token, JSON.stringify(stored), metadata, seconds);
}
