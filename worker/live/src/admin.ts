/** `/_goblin/admin/*`, once the edge has checked the bearer: from method and path to an object's method. */
import { ADMIN_VERSION, type AdminAnswer, type AdminRequest } from '../../../src/live/admin.ts';
import { roomName } from '../../../src/live/room-name.ts';
import { type AdminEnv, AdminError, type Asked } from './admin/asked.ts';
import { blockLimit, resetLimit, showLimit } from './admin/limits.ts';
import * as rooms from './admin/rooms.ts';
import * as users from './admin/users.ts';

type Route = (asked: Asked) => Promise<object>;

/** `*` stands for the name. */
const ROUTES: Record<string, Route> = {
  'GET limits/*': showLimit,
  'PUT limits/*': blockLimit,
  'DELETE limits/*': resetLimit,
  'GET presence': rooms.showPresence,
  'GET rooms': rooms.listRooms,
  'GET rooms/*': inRoom(rooms.describe),
  'GET rooms/*/history': inRoom(rooms.history),
  'GET rooms/*/export': inRoom(rooms.exportAll),
  'GET rooms/*/document': inRoom(rooms.showDocument),
  'PUT rooms/*/document': inRoom(rooms.editDocument),
  'POST rooms/*/say': inRoom(rooms.say),
  'POST rooms/*/kick': inRoom(rooms.kick),
  'POST rooms/*/close': inRoom(rooms.close),
  'POST rooms/*/open': inRoom(rooms.open),
  'POST rooms/*/tickets': inRoom(rooms.ticket),
  'GET users/*': users.showUser,
  'DELETE users/*': users.forgetUser,
};

/** Answers a request. What fails inside is 503 without its reason, which is no caller's business. */
export async function answerAdmin(env: AdminEnv, request: AdminRequest): Promise<AdminAnswer> {
  try {
    const { route, asked } = find(env, request);
    return { status: 200, body: { version: ADMIN_VERSION, ...(await route(asked)) } };
  } catch (error) {
    if (error instanceof AdminError) return failure(error.status, error.code, error.message);
    return failure(503, 'unavailable', 'the live memory does not answer; try again');
  }
}

function failure(status: number, code: string, message: string): AdminAnswer {
  return { status, body: { version: ADMIN_VERSION, error: { code, message } } };
}

function find(env: AdminEnv, request: AdminRequest): { route: Route; asked: Asked } {
  const { version, method, path, query } = request;
  if (version !== ADMIN_VERSION) {
    const message = `version ${version} is not supported; this is version ${ADMIN_VERSION}`;
    throw new AdminError(400, 'unsupported_version', message);
  }
  const [noun = '', name, ...rest] = path.split('/').map(decoded);
  const words = name === undefined ? [noun] : [noun, '*', ...rest];
  const route = Object.entries(ROUTES).find(([key]) => key === `${method} ${words.join('/')}`)?.[1];
  if (!route || name === '') throw new AdminError(404, 'no_route', 'there is no such route');
  const params = new URLSearchParams(query);
  return { route, asked: { ...request, env, name: name ?? '', params } };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new AdminError(400, 'bad_request', 'the path is not valid percent-encoding');
  }
}

/** A route whose name is a room's. */
function inRoom(route: Route): Route {
  return async (asked) => {
    const name = roomName(asked.name);
    if (name === undefined)
      throw new AdminError(400, 'bad_request', 'that is not a valid room name');
    return { room: name, ...(await route({ ...asked, name })) };
  };
}
