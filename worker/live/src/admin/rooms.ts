/** `presence`, `rooms` and `users`. */
import type { ForgetAnswer, PresenceRoom, RoomRow } from '../../../../src/live/admin.ts';
import { DIRECTORY, type PresenceSnapshot } from '../../../../src/live/presence-rpc.ts';
import { USER_ID } from '../../../../src/shards/session-token.ts';
import { fieldsOf } from '../../../../src/shards/summary.ts';
import { AdminError, type AdminRoom, type Asked, type DocumentEdit } from './asked.ts';

const MAX_PAGE = 1000;
/** Rooms that one request asks to forget a user: a Worker may make 1,000 calls for a request. */
const FORGET_PAGE = 500;
const FORGET_AT_ONCE = 20;
const MAX_TEXT = 4000;
const MAX_EDITS = 100;
/** Who speaks and watches where the operator gives no name. */
const OPERATOR = 'operator';

const directory = ({ env }: Asked) => env.PRESENCE.getByName(DIRECTORY);

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
export const exportAll = (asked: Asked) => room(asked).exportAll();
export const showDocument = (asked: Asked) => room(asked).docGet();

export function history(asked: Asked): Promise<object> {
  const after = whole(asked, 'after', 0, 0, Number.MAX_SAFE_INTEGER);
  return room(asked).history({ after, limit: whole(asked, 'limit', 100, 1, MAX_PAGE) });
}

export const say = (asked: Asked) =>
  room(asked).say({ user: userIn(asked, OPERATOR), text: textIn(asked, 'text') });

export const kick = (asked: Asked) =>
  room(asked).kick({ user: userIn(asked), reason: textIn(asked, 'reason', '') });

export const close = (asked: Asked) => room(asked).close({ reason: textIn(asked, 'reason', '') });

export const ticket = (asked: Asked) => room(asked).ticket({ user: userIn(asked, OPERATOR) });

export function editDocument(asked: Asked): Promise<object> {
  const { edits } = asked.body;
  if (!Array.isArray(edits) || edits.length === 0 || edits.length > MAX_EDITS) {
    throw bad(`edits is not a list of 1 to ${MAX_EDITS} edits`);
  }
  return room(asked).docSet(edits.map(readEdit));
}

function readEdit(given: unknown): DocumentEdit {
  const { field, value, deleted, version } = fieldsOf(given);
  const isVersion = version === undefined || Number.isSafeInteger(version);
  if (typeof field !== 'string' || field === '' || !isVersion) {
    throw bad('an edit has a field, and a value or deleted: true, and perhaps a version');
  }
  const change = deleted === true ? { deleted } : { value };
  return { field, ...change, ...(version !== undefined && { version: Number(version) }) };
}

/** Asks the rooms that the directory knows, page by page, to forget a user. */
export async function forgetUser(asked: Asked): Promise<ForgetAnswer> {
  const user = asked.name;
  if (!USER_ID.test(user)) throw bad('that is not a valid user id');
  const page = { after: asked.params.get('after') ?? '', limit: FORGET_PAGE };
  const known = await directory(asked).rooms(page);
  const answer: ForgetAnswer = { user_id: user, rooms: [], failed: [], next: null };
  for (let i = 0; i < known.length; i += FORGET_AT_ONCE) {
    const some = known.slice(i, i + FORGET_AT_ONCE);
    await Promise.all(some.map((each) => forgetIn(asked, each.room, answer)));
  }
  return { ...answer, next: nextOf(known, FORGET_PAGE) };
}

async function forgetIn(asked: Asked, name: string, answer: ForgetAnswer): Promise<void> {
  try {
    const result = await room({ ...asked, name }).forgetUser(answer.user_id);
    answer.rooms.push({ room: name, result: { ...result } });
  } catch {
    answer.failed.push(name);
  }
}

function room({ env, name }: Asked): AdminRoom {
  if (env.ROOMS) return env.ROOMS.getByName(name);
  throw new AdminError(404, 'no_route', 'there are no rooms: the live Worker has no binding ROOMS');
}

function nextOf(known: readonly { room: string }[], limit: number): string | null {
  return known.length < limit ? null : (known.at(-1)?.room ?? null);
}

function userIn({ body }: Asked, fallback?: string): string {
  const { user_id: user = fallback } = body;
  if (typeof user === 'string' && USER_ID.test(user)) return user;
  throw bad('user_id is not a valid user id: a text of 1 to 100 characters');
}

function textIn({ body }: Asked, name: string, fallback?: string): string {
  const { [name]: text = fallback } = body;
  const isText = typeof text === 'string' && text.length <= MAX_TEXT && text.isWellFormed();
  if (isText && (text !== '' || fallback === '')) return text;
  throw bad(`${name} is not a text of up to ${MAX_TEXT} characters`);
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

const bad = (message: string) => new AdminError(400, 'bad_request', message);
const iso = (ms: number) => new Date(ms).toISOString();
