/** `presence` and `rooms`. */
import type { PresenceRoom, RoomRow } from '../../../../src/live/admin.ts';
import { DIRECTORY, type PresenceSnapshot } from '../../../../src/live/presence-rpc.ts';
import { SESSION_PREFIX } from '../../../../src/shards/session.ts';
import { newToken, USER_ID } from '../../../../src/shards/session-token.ts';
import { AdminError, type AdminRoom, type Asked } from './asked.ts';

const MAX_PAGE = 1000;
/** For how long a kick keeps a user out where the operator does not say, and at most. */
const KICK_SECONDS = 600;
const MAX_KICK_SECONDS = 30 * 86_400;
/** Life of the session behind the operator's own socket. */
const WATCH_SECONDS = 3600;
/** Who speaks and watches where the operator gives no name. */
const OPERATOR = 'operator';

export const directory = ({ env }: Asked) => env.PRESENCE.getByName(DIRECTORY);

export async function showPresence(asked: Asked): Promise<{ rooms: PresenceRoom[] }> {
  const room = asked.params.get('room');
  const user = asked.params.get('user');
  const filter = { ...(room !== null && { room }), ...(user !== null && { user }) };
  return { rooms: (await directory(asked).list(filter)).map(presenceRoom) };
}

function presenceRoom({ room, at, people }: PresenceSnapshot): PresenceRoom {
  return {
    room,
    at: iso(at),
    people: people.map(({ user, since, lastActive, sockets }) => ({
      user_id: user,
      since: iso(since),
      last_active: iso(lastActive),
      sockets,
    })),
  };
}

export async function listRooms(asked: Asked): Promise<{ rooms: RoomRow[]; next: string | null }> {
  const limit = whole(asked, 'limit', MAX_PAGE, 1, MAX_PAGE);
  const page = { after: asked.params.get('after') ?? '', limit };
  const [known, live] = await Promise.all([
    directory(asked).rooms(page),
    directory(asked).list({}),
  ]);
  const people = new Map(live.map((snapshot) => [snapshot.room, snapshot.people]));
  const rooms = known.map(({ room, lastSeen }) => {
    const present = people.get(room) ?? [];
    const sockets = present.reduce((sum, person) => sum + person.sockets, 0);
    return { room, people: present.length, sockets, last_seen: iso(lastSeen) };
  });
  return { rooms, next: nextOf(known, limit) };
}

export const describe = (asked: Asked) => room(asked).describe();
export const exportAll = (asked: Asked) => room(asked).export();
export const showDocument = (asked: Asked) => room(asked).docGet();
export const open = (asked: Asked) => room(asked).open();

export function history(asked: Asked): Promise<object> {
  const limit = whole(asked, 'limit', 100, 1, MAX_PAGE);
  if (!asked.params.has('after')) return room(asked).history({ limit });
  return room(asked).history({
    after: whole(asked, 'after', 0, 0, Number.MAX_SAFE_INTEGER),
    limit,
  });
}

/** Whoever repeats a message names `client` and `n`, so that it is stored once. */
export function say(asked: Asked): Promise<object> {
  const { client = `admin-${crypto.randomUUID()}`, n = 1, text } = asked.body;
  if (typeof client !== 'string' || !isCount(n))
    throw bad('client is a text, and n a whole number');
  if (typeof text !== 'string' || text === '') throw bad('text is not a text');
  const user = userIn(asked, OPERATOR);
  return willing(room(asked).say({ room: asked.name, user, client, n, text }));
}

export function kick(asked: Asked): Promise<object> {
  const { seconds = KICK_SECONDS } = asked.body;
  if (!isCount(seconds) || seconds > MAX_KICK_SECONDS) {
    throw bad(`seconds is not a whole number up to ${MAX_KICK_SECONDS}`);
  }
  return room(asked).kick({ user: userIn(asked), seconds });
}

export function close(asked: Asked): Promise<object> {
  const { erase = false } = asked.body;
  if (typeof erase !== 'boolean') throw bad('erase is not true or false');
  return room(asked).close({ room: asked.name, erase });
}

/** A ticket with a session of its own: a room looks at the session again while a socket is open. */
export async function ticket(asked: Asked): Promise<object> {
  const user = userIn(asked, OPERATOR);
  const token = newToken(user);
  const now = Date.now();
  const expires_at = now + WATCH_SECONDS * 1000;
  const session = { user_id: user, expires_at, last_activity: now };
  const options = { metadata: session, expirationTtl: WATCH_SECONDS };
  await asked.env.GOBLIN_KV.put(SESSION_PREFIX + token, JSON.stringify(session), options);
  return willing(room(asked).ticket({ room: asked.name, user, token, expires_at }));
}

export function editDocument(asked: Asked): Promise<object> {
  const { field, value, base } = asked.body;
  if (typeof field !== 'string' || field === '') throw bad('field is not the name of a field');
  if (value === undefined) throw bad('value is missing; null deletes the field');
  if (base !== undefined && !isCount(base)) throw bad('base is not the version of a field');
  const user = userIn(asked, OPERATOR);
  const edit = { room: asked.name, user, field, value: value as object };
  return willing(room(asked).docSet({ ...edit, ...(base !== undefined && { base }) }));
}

/** What a room answers, unless it refuses. */
async function willing(asking: Promise<object>): Promise<object> {
  const answer = await asking;
  if (!('error' in answer)) return answer;
  throw new AdminError(409, `${answer.error}`, `the room refuses this: ${answer.error}`);
}

export function room({ env, name }: Asked): AdminRoom {
  if (env.ROOMS) return env.ROOMS.getByName(name);
  throw new AdminError(404, 'no_route', 'there are no rooms: the live Worker has no binding ROOMS');
}

export function nextOf(known: readonly { room: string }[], limit: number): string | null {
  return known.length < limit ? null : (known.at(-1)?.room ?? null);
}

function userIn({ body }: Asked, fallback?: string): string {
  const { user_id: user = fallback } = body;
  if (typeof user === 'string' && USER_ID.test(user)) return user;
  throw bad('user_id is not a valid user id: a text of 1 to 100 characters');
}

function whole(
  { params }: Asked,
  name: string,
  fallback: number,
  min: number,
  max: number,
): number {
  const text = params.get(name);
  if (text === null) return fallback;
  const value = /^\d+$/.test(text) ? Number(text) : -1;
  if (value >= min && value <= max) return value;
  throw bad(`${name} is not a whole number from ${min} to ${max}`);
}

const isCount = (given: unknown): given is number =>
  Number.isSafeInteger(given) && Number(given) >= 0;

export const bad = (message: string) => new AdminError(400, 'bad_request', message);
const iso = (ms: number) => new Date(ms).toISOString();
