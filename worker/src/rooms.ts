/**
 * Chat rooms: the edge verifies who somebody is, and the room, a Durable Object of the live Worker, does the
 * rest. Without the binding `ROOMS` there are none, and the paths are the backend's.
 */
import { roomName } from '../../src/live/room-name.ts';
import { CALLER_HEADER, type Caller, type Identity, RPC_VERSION } from '../../src/live/rpc.ts';
import { asciiJson } from './ascii-json.ts';
import { readJson } from './body.ts';
import type { Answer, Call } from './call.ts';
import { isForeignPage } from './cors.ts';
import type { Rooms } from './env.ts';
import { ownJson, refuse } from './refuse.ts';

/** `GET /rooms/{room}` as an upgrade, by a session or with `?ticket=`. Anything else is the backend's. */
export function rooms(call: Call): Answer {
  const { env, path, request, method } = call;
  if (!env.ROOMS || method !== 'GET' || !path.startsWith('/rooms/')) return;
  if (request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') return;
  const room = roomName(decoded(path.slice(7)));
  if (!room) return badRoom(call);
  if (isForeignPage(call)) {
    return refuse(call, 403, 'bad_request', 'CORS_ORIGINS does not name the origin of this page');
  }
  const ticket = /[?&]ticket=([\w-]+)/.exec(call.target)?.[1];
  const who = ticket ? { ticket } : identityOf(call);
  if (!who) return noSession(call);
  const caller: Caller = { v: RPC_VERSION, room, ...who };
  // A request of the edge's own: nothing of the client's can pass for the caller.
  const headers = { Upgrade: 'websocket', [CALLER_HEADER]: asciiJson(caller) };
  return env.ROOMS.getByName(room).fetch('https://room/', { headers });
}

/** `POST /_goblin/tickets` `{"room"}`, for browsers, which cannot send a bearer with an upgrade. */
export function createTicket(call: Call): Answer {
  const { ROOMS } = call.env;
  const identity = identityOf(call);
  if (ROOMS) return identity ? ask(call, ROOMS, identity) : noSession(call);
}

async function ask(call: Call, namespace: Rooms, identity: Identity): Promise<Response> {
  const { room: given } = await readJson(call.request.body);
  const room = typeof given === 'string' && roomName(given);
  if (!room) return badRoom(call);
  const answer = await namespace.getByName(room).ticket({ room, ...identity });
  if ('error' in answer) {
    return ownJson(
      call,
      { error: { code: answer.error, message: 'the room issues no ticket' } },
      409,
    );
  }
  const { ticket, expires_at } = answer;
  return ownJson(call, { ticket, room, expires_at: new Date(expires_at) }, 201);
}

function identityOf({ session, bearer }: Call): Identity | undefined {
  return session && { user: session.user_id, token: bearer, expires_at: session.expires_at };
}

function badRoom(call: Call): Response {
  return refuse(call, 400, 'bad_request', 'that is not a valid name of a room');
}

function noSession(call: Call): Response {
  const challenge = { 'WWW-Authenticate': 'Bearer' };
  return refuse(call, 401, 'session_invalid', 'a room needs a session or a ticket', challenge);
}

/** Empty where the text is not percent-encoded UTF-8. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
