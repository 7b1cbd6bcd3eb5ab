/** `/_goblin/…`: what the Worker answers itself and never forwards. */
import { SESSION_PREFIX } from '../../src/shards/session.ts';
import {
  MAX_SESSION_TTL,
  MIN_SESSION_TTL,
  newToken,
  SESSION_TTL,
  USER_ID,
} from '../../src/shards/session-token.ts';
import { readJson } from './body.ts';
import type { Answer, Call } from './call.ts';
import { callersFlags } from './flags.ts';
import { refuse } from './refuse.ts';
import { SESSIONS_PATH, storeSession } from './session.ts';
import { isSameSecret } from './token.ts';

const ROOT = '/_goblin/';
const ROUTES: Record<string, (call: Call) => Answer> = {
  'GET flags': showFlags,
  'POST sessions': createSession,
  'DELETE session': endSession,
};

/** Compares the bearer with the secret on the one route that asks for it; without a secret, no route. */
export function loadAdmin(call: Call): Promise<void> | undefined {
  const secret = call.env.ADMIN_TOKEN;
  if (secret && call.path === SESSIONS_PATH) {
    return isSameSecret(call.bearer, secret).then((isAdmin) => {
      call.isAdmin = isAdmin;
    });
  }
}

export function ownRoutes(call: Call): Answer {
  if (!call.path.startsWith(ROOT)) return;
  const route = ROUTES[`${call.method} ${call.path.slice(ROOT.length)}`];
  return route?.(call) ?? refuse(call, 404, 'bad_request', 'no route');
}

function showFlags(call: Call): Response {
  call.event = 'flags';
  return Response.json(callersFlags(call));
}

function createSession(call: Call): Answer {
  // Without a secret there is no such route.
  if (call.isAdmin === undefined) return;
  return call.isAdmin ? issue(call) : refuse(call, 401, 'admin_denied', 'wrong token');
}

async function issue(call: Call): Promise<Response> {
  const wanted = (await readJson(call.request.body)) as { user_id?: unknown; ttl?: number };
  const { user_id, ttl = SESSION_TTL } = wanted;
  const isTtl = ttl >= MIN_SESSION_TTL && ttl <= MAX_SESSION_TTL;
  if (typeof user_id !== 'string' || !USER_ID.test(user_id) || !isTtl) {
    return refuse(call, 400, 'bad_request', 'no user_id and ttl');
  }
  const token = newToken(user_id);
  const expires_at = call.now + ttl * 1000;
  await storeSession(call, token, { user_id, expires_at, last_activity: call.now });
  call.event = 'session_created';
  return Response.json({ token, user_id, expires_at: new Date(expires_at) }, { status: 201 });
}

function endSession(call: Call): Answer {
  if (!call.session) return;
  return call.env.GOBLIN_KV.delete(SESSION_PREFIX + call.bearer).then(() => {
    call.event = 'session_ended';
    return new Response(null, { status: 204 });
  });
}
