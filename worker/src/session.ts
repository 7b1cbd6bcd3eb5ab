/** Sessions: who the bearer of a token is, without asking the backend. */
import { byteLength, MAX_KEY_BYTES } from '../../src/shards/key.ts';
import { SESSION_PREFIX, type Session, sessionSummary } from '../../src/shards/session.ts';
import { fieldsOf } from '../../src/shards/summary.ts';
import { toMilliseconds } from '../../src/shards/time.ts';
import type { Answer, Call } from './call.ts';
import { background, parseJson, read, within, write } from './kv.ts';
import { isDue } from './memory.ts';
import { block, refuse } from './refuse.ts';

/** Where sessions are issued, to the bearer of another secret. */
export const SESSIONS_PATH = '/_goblin/sessions';
/** Longest wait for KV: without an answer there is no session, so a slow KV is better than none. */
const PATIENCE_MS = 3000;
/** Milliseconds between two writes of a session's `last_activity`. */
const TOUCH_MS = 300_000;
/** KV takes no end that is nearer (developers.cloudflare.com/kv/api/write-key-value-pairs). */
const LEAST_LIFE_MS = 61_000;

/** Reads the caller's session; undefined where the bearer is no session's. */
export function loadSession(call: Call): Promise<void> | undefined {
  if (call.bearer && call.path !== SESSIONS_PATH) return readSession(call);
}

async function readSession(call: Call): Promise<void> {
  const key = SESSION_PREFIX + call.bearer;
  call.problem = 'session_invalid';
  if (byteLength(key) > MAX_KEY_BYTES) return;
  try {
    const { value } = await within(PATIENCE_MS, read(call, key));
    const session = asSession(parseJson(value));
    if (session === null) return;
    call.problem = 'session_expired';
    if (session.expires_at <= call.now) return;
    call.session = session;
    delete call.problem;
  } catch {
    call.problem = 'unavailable';
  }
}

/** A session in today's spelling or that of older Workers; null for anything else. */
function asSession(stored: unknown): Session | null {
  const fields = fieldsOf(stored);
  const user_id = fields.user_id ?? fields.userId;
  const expires_at = toMilliseconds(fields.expires_at ?? fields.expiresAt);
  if (typeof user_id !== 'string' || expires_at === null) return null;
  return { user_id, expires_at, last_activity: toMilliseconds(fields.last_activity) ?? 0 };
}

/** Refuses a bearer without a session, and takes note of the activity of one with. */
export function requireSession(call: Call): Answer {
  const { problem, session } = call;
  if (session !== undefined) touch(call, session);
  if (problem === undefined) return;
  if (problem === 'unavailable') {
    return refuse(call, 503, 'session_unavailable', 'The session cannot be checked now.', {
      'Retry-After': '5',
    });
  }
  return block(call, 401, problem, 'no such session, or not any more', {
    'WWW-Authenticate': 'Bearer error="invalid_token"',
  });
}

function touch(call: Call, session: Session): void {
  const { now, memory, bearer } = call;
  if (now - session.last_activity < TOUCH_MS || session.expires_at - now < LEAST_LIFE_MS) return;
  if (!isDue(memory, bearer, now, TOUCH_MS)) return;
  background(call, storeSession(call, bearer, { ...session, last_activity: now }));
}

/** Writes a session that ends when it says. */
export function storeSession(call: Call, token: string, session: Session): Promise<void> {
  return write(call, SESSION_PREFIX + token, JSON.stringify(session), sessionSummary(session), {
    expiration: Math.ceil(session.expires_at / 1000),
  });
}
