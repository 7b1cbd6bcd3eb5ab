/** `/_goblin/…`: what the Worker answers itself and never forwards. */
import { SESSION_PREFIX } from '../../src/shards/session.ts';
import { fieldsOf } from '../../src/shards/summary.ts';
import { readUpTo } from './body.ts';
import type { Answer, Call } from './call.ts';
import { callersFlags } from './flags.ts';
import { parseJson } from './kv.ts';
import { block, refuse } from './refuse.ts';
import { SESSIONS_PATH, storeSession } from './session.ts';
import { isSameSecret, newToken } from './token.ts';

/** Seconds that a session may last: from the least that KV takes to a year. */
const MIN_TTL = 60;
const MAX_TTL = 31_536_000;
const DEFAULT_TTL = 86_400;
/** With any hundred characters, session and conversation keys stay within KV's 512 bytes. */
const USER_ID = /^\P{Surrogate}{1,100}$/su;
const MAX_REQUEST_BYTES = 4096;

const ROUTES: Record<string, (call: Call) => Answer> = {
  'GET /_goblin/flags': showFlags,
  [`POST ${SESSIONS_PATH}`]: createSession,
  'DELETE /_goblin/session': endSession,
};

/** Compares the bearer with the secret, on the one route that asks for it, if there is one. */
export function loadAdmin(call: Call): Promise<void> | undefined {
  const { bearer, env, path } = call;
  if (path !== SESSIONS_PATH || !bearer || !env.ADMIN_TOKEN) return;
  return isSameSecret(bearer, env.ADMIN_TOKEN).then((isSame) => {
    call.isAdmin = isSame;
  });
}

export function ownRoutes(call: Call): Answer {
  if (!call.path.startsWith('/_goblin/')) return;
  return (
    ROUTES[`${call.method} ${call.path}`]?.(call) ?? refuse(call, 404, 'not_found', 'not here')
  );
}

function showFlags(call: Call): Response {
  call.event = 'flags';
  return own(callersFlags(call), 200);
}

function createSession(call: Call): Answer {
  if (!call.env.ADMIN_TOKEN) return;
  return call.isAdmin ? issue(call) : block(call, 401, 'admin_denied', 'not the admin token');
}

async function issue(call: Call): Promise<Response> {
  const body = await readUpTo(call.request.body, MAX_REQUEST_BYTES).catch(() => null);
  const { user_id, ttl = DEFAULT_TTL } = fieldsOf(
    parseJson(body && new TextDecoder().decode(body)),
  );
  if (typeof user_id !== 'string' || !USER_ID.test(user_id) || !isTtl(ttl)) {
    return block(call, 400, 'bad_request', `no {"user_id", "ttl": ${MIN_TTL} to ${MAX_TTL}}`);
  }
  const { now } = call;
  const token = newToken(user_id);
  const session = { user_id, expires_at: now + ttl * 1000, last_activity: now };
  return attempt(call, storeSession(call, token, session), () => {
    call.event = 'session_created';
    return own({ token, user_id, expires_at: new Date(session.expires_at) }, 201);
  });
}

function isTtl(ttl: unknown): ttl is number {
  return typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= MIN_TTL && ttl <= MAX_TTL;
}

function endSession(call: Call): Answer {
  if (!call.session) return block(call, 401, 'session_invalid', 'no session to end');
  return attempt(call, call.env.GOBLIN_KV.delete(SESSION_PREFIX + call.bearer), () => {
    call.event = 'session_ended';
    return new Response(null, { status: 204 });
  });
}

function attempt(call: Call, work: Promise<void>, done: () => Response): Promise<Response> {
  const failed = () => refuse(call, 503, 'session_unavailable', 'Sessions cannot be kept now.');
  return work.then(done, failed);
}

function own(value: unknown, status: number): Response {
  return Response.json(value, { status, headers: { 'Cache-Control': 'no-store' } });
}
