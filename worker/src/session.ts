/** Sessions: who the bearer of a token is, without asking the backend. */
import { encodeSession, type Session, sessionKey, sessionOf } from '../../src/shards/session.ts';
import { fieldsOf } from '../../src/shards/summary.ts';
import type { Answer, Call } from './call.ts';
import { background, parseJson, read, within, write } from './kv.ts';
import { MAX_TOUCHED, SESSION_PATIENCE_MS, TOUCH_MS } from './limits.ts';
import { oncePerName } from './memory.ts';
import { isAdminPath } from './own-path.ts';
import { refuse } from './refuse.ts';

/** KV counts expirations in 32 bits; a session that ends later is written with the last one there is. */
const LAST_EXPIRATION_MS = (2 ** 31 - 1) * 1000;

/** By token: whether its activity is to be written. */
const isDue = oncePerName(TOUCH_MS, MAX_TOUCHED);

/** Reads the caller's session; rejected if KV does not answer, as nobody is let in unchecked. */
export function loadSession(call: Call): Promise<void> | undefined {
  if (call.bearer && !isAdminPath(call.path)) return readSession(call);
}

async function readSession(call: Call): Promise<void> {
  const reading = read(call, sessionKey.format({ token: call.bearer }));
  const found = await within(SESSION_PATIENCE_MS, reading);
  if (!found) throw new Error('cannot check the session: KV has not answered in time');
  const stored = parseJson(found.value);
  const session = sessionOf(stored);
  if (!session) call.problem = 'session_invalid';
  else if (session.expires_at <= call.now) call.problem = 'session_expired';
  else {
    call.session = session;
    call.storedSession = fieldsOf(stored);
  }
}

/** Refuses a bearer without a session, and takes note of the activity of one with. */
export function requireSession(call: Call): Answer {
  const { problem, session, storedSession, bearer, now } = call;
  if (problem) return refuse(call, 401, problem, 'the bearer has no session');
  if (!session || now - (session.last_activity ?? 0) < TOUCH_MS || !isDue(bearer, now)) return;
  background(call, touch(call, { ...session, last_activity: now }, storedSession));
}

/** Notes the activity of a session; whatever else its value holds stays. */
function touch(call: Call, session: Session, stored?: object): Promise<unknown> {
  const { last_activity } = session;
  return put(call, 'activity', call.bearer, session, { ...stored, last_activity });
}

/** Writes a session that ends when it says. */
export function storeSession(call: Call, token: string, session: Session): Promise<unknown> {
  return put(call, 'sessions', token, session, session);
}

/** @param kind the budget may drop what is only `activity` */
function put(
  call: Call,
  kind: 'sessions' | 'activity',
  token: string,
  session: Session,
  stored: object,
): Promise<unknown> {
  const seconds = (Math.min(session.expires_at, LAST_EXPIRATION_MS) - call.now) / 1000;
  const { value, metadata } = encodeSession(session, stored);
  return write(call, kind, sessionKey.format({ token }), value, metadata, seconds);
}
