/** `/_goblin/…`: what the Worker answers itself and never forwards. */
import { ADMIN_ROOT } from '../../src/live/admin.ts';
import { sessionKey } from '../../src/shards/session.ts';
import {
  MAX_SESSION_TTL,
  MIN_SESSION_TTL,
  newToken,
  SESSION_TTL,
  USER_ID,
} from '../../src/shards/session-token.ts';
import { answerAdmin } from './admin.ts';
import { readJson } from './body.ts';
import type { Answer, Call } from './call.ts';
import { corsHeaders, preflight } from './cors.ts';
import { ADMIN, audit, auditHealth } from './d1/audit.ts';
import { describeDatabase } from './d1/health.ts';
import { preferences } from './d1/preferences.ts';
import { callersFlags } from './flags.ts';
import { describeHealth } from './health.ts';
import { isAdminPath, isOwnPath, ROOT } from './own-path.ts';
import { ownJson, refuse } from './refuse.ts';
import { createTicket } from './rooms.ts';
import { storeSession } from './session.ts';
import { isSameSecret } from './token.ts';

const ROUTES: Record<string, (call: Call) => Answer> = {
  'GET flags': showFlags,
  'GET health': forAdmin(showHealth),
  'POST sessions': forAdmin(createSession),
  'DELETE session': endSession,
  'GET preferences': preferences,
  'PUT preferences': preferences,
  'PATCH preferences': preferences,
  'POST tickets': createTicket,
};
const admin = forAdmin(answerAdmin);
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';

/** Compares the bearer with the secret where a route asks for it; without a secret, no such route. */
export function loadAdmin(call: Call): Promise<void> | undefined {
  const secret = call.env.ADMIN_TOKEN;
  if (secret && isAdminPath(call.path)) {
    return isSameSecret(call.bearer, secret).then((isAdmin) => {
      call.isAdmin = isAdmin;
    });
  }
}

export function ownRoutes(call: Call): Answer {
  if (!isOwnPath(call.path)) return;
  if (call.method === 'HEAD') return withoutBody(route(call, 'GET'));
  return preflight(call, METHODS) ?? route(call, call.method);
}

function route(call: Call, method: string): Answer {
  if (call.path.startsWith(ADMIN_ROOT)) return admin(call, method) ?? noRoute(call);
  const found = ROUTES[`${method} ${call.path.slice(ROOT.length)}`];
  return found?.(call) ?? noRoute(call);
}

function noRoute(call: Call): Response {
  return refuse(call, 404, 'bad_request', 'there is no such route');
}

/** The answer to HEAD. */
async function withoutBody(answering: Answer): Promise<Response> {
  return new Response(null, await answering);
}

function forAdmin(answer: (call: Call, method: string) => Answer) {
  return (call: Call, method = call.method): Answer => {
    // Without a secret there is no such route.
    if (call.isAdmin === undefined) return;
    if (call.isAdmin) return answer(call, method);
    return refuse(call, 401, 'admin_denied', 'the admin token is wrong');
  };
}

function showFlags(call: Call): Response {
  call.event = 'flags';
  return ownJson(call, callersFlags(call));
}

function showHealth(call: Call): Answer {
  call.event = '';
  auditHealth(call);
  const { DB } = call.env;
  if (!DB) return ownJson(call, describeHealth(call.env));
  return describeDatabase(DB).then((d1) => ownJson(call, { ...describeHealth(call.env), d1 }));
}

async function createSession(call: Call): Promise<Response> {
  const { user_id, ttl = SESSION_TTL } = await readJson(call.request.body);
  const isTtl = typeof ttl === 'number' && ttl >= MIN_SESSION_TTL && ttl <= MAX_SESSION_TTL;
  if (typeof user_id !== 'string' || !USER_ID.test(user_id) || !isTtl) {
    const range = `${MIN_SESSION_TTL} to ${MAX_SESSION_TTL}`;
    const message = `user_id must be a text of 1 to 100 characters, and ttl a number from ${range}`;
    return refuse(call, 400, 'bad_request', message);
  }
  const token = newToken(user_id);
  const expires_at = call.now + ttl * 1000;
  await storeSession(call, token, { user_id, expires_at, last_activity: call.now });
  audit(call, { actor: ADMIN, action: 'sessions.create', details: { user_id, ttl } }, token);
  call.event = 'session_created';
  return ownJson(call, { token, user_id, expires_at: new Date(expires_at) }, 201);
}

function endSession(call: Call): Answer {
  if (!call.session) return refuse(call, 401, 'session_invalid', 'there is no session to end');
  const { user_id } = call.session;
  return call.env.GOBLIN_KV.delete(sessionKey.format({ token: call.bearer })).then(() => {
    audit(call, { actor: user_id, action: 'sessions.end' }, call.bearer);
    call.event = 'session_ended';
    const headers = { 'Cache-Control': 'no-store', ...corsHeaders(call) };
    return new Response(null, { status: 204, headers });
  });
}
