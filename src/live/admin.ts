/**
 * The JSON of `/_goblin/admin/*`, for both sides: the CLI asks, the edge checks the bearer and hands the
 * request on, the live Worker answers. Every answer has a `version`. Fields are only ever added within a
 * version, unknown ones are ignored. Times are RFC 3339 in UTC.
 */
import { fieldsOf } from '../shards/summary.ts';

export const ADMIN_ROOT = '/_goblin/admin/';
/** The version that is written here, and the latest that is understood. */
export const ADMIN_VERSION = 1;
/** Request header with the version that the caller speaks; 1 where it is absent. */
export const ADMIN_VERSION_HEADER = 'Goblin-Admin-Version';

/** A request whose bearer the edge has checked, as the live Worker gets it. */
export interface AdminRequest {
  version: number;
  method: string;
  /** What follows `ADMIN_ROOT`, without the query, as it was sent: each segment is percent-encoded. */
  path: string;
  /** Without the `?`. */
  query: string;
  /** The fields of the JSON body; none where there is no JSON object. */
  body: Record<string, unknown>;
  /** How many bits of an IPv6 address the edge counts as one client. */
  ipv6_prefix: number;
}

export interface AdminAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** What the edge calls on the live Worker. */
export interface LiveRpc {
  admin(request: AdminRequest): Promise<AdminAnswer>;
}

/** `GET limits/{client}`, and what `PUT` (with `{ until }`) and `DELETE` answer. */
export interface LimitAnswer {
  /** An IPv4 address, an IPv6 network, or `unknown`. */
  client: string;
  limit: number;
  /** Requests let through in this window, with the tokens that isolates hold. */
  count: number;
  /** Tokens among them that isolates may still give back. */
  leased: number;
  reset_at: string | null;
  blocked_until: string | null;
}

/** A person in `GET presence?room=&user=` → `{ rooms: PresenceRoom[] }`. */
export interface PresencePerson {
  user_id: string;
  since: string;
  last_active: string;
  sockets: number;
}

export interface PresenceRoom {
  room: string;
  at: string;
  people: PresencePerson[];
}

/** A row of `GET rooms?after=&limit=` → `{ rooms: RoomRow[], next }`; `next` is the `after` of the next page. */
export interface RoomRow {
  room: string;
  people: number;
  sockets: number;
  last_seen: string;
}

/** What a room holds about a user. `traces` are numbers of clients, tickets and kicks. */
export interface UserRoom {
  room: string;
  messages: number;
  fields: number;
  traces: number;
  sockets: number;
}

/** `GET users/{user}?after=`, with the rooms that hold something; `failed` and `next` as below. */
export interface UserAnswer {
  user_id: string;
  rooms: UserRoom[];
  failed: string[];
  next: string | null;
}

/** `DELETE users/{user}?after=`: `next` is null when all rooms were asked. */
export interface ForgetAnswer {
  user_id: string;
  rooms: { room: string; result: Record<string, unknown> }[];
  /** Rooms that did not answer; the request may be repeated. */
  failed: string[];
  next: string | null;
}

/**
 * Beside those: `GET rooms/{room}`, `…/history?after=&limit=`, `…/export` and `…/document` answer what the room
 * answers, with `room`; so do `POST …/say` `{ text, user_id?, client?, n? }`, `…/kick` `{ user_id, seconds? }`,
 * `…/close` `{ erase? }`, `…/open`, `…/tickets` `{ user_id? }` and `PUT …/document` `{ field, value, base?, user_id? }`,
 * where a null deletes the field. What a room refuses is 409 with its code.
 *
 * Errors are `{"version","error":{"code","message"}}`. Codes beside those of the edge and of rooms:
 * `bad_request`, `no_route`, `unsupported_version`, `unavailable`.
 */

/** An answer as the caller reads it: its fields, or what went wrong. */
export type Decoded<Answer> = { answer: Answer } | { error: { code: string; message: string } };

/**
 * Reads an answer of whatever version.
 * @param json the parsed body
 * @param read makes the answer of its fields; null where they do not fit
 */
export function decodeAnswer<Answer>(
  json: unknown,
  read: (fields: Record<string, unknown>) => Answer | null,
): Decoded<Answer> {
  const fields = fieldsOf(json);
  const { code, message } = fieldsOf(fields.error);
  if (typeof code === 'string') return { error: { code, message: `${message ?? code}` } };
  if (typeof fields.version !== 'number') return wrong('bad_answer', 'the answer has no version');
  if (fields.version > ADMIN_VERSION) {
    return wrong('unsupported_version', `the edge speaks version ${fields.version}`);
  }
  const answer = read(fields);
  return answer === null ? wrong('bad_answer', 'the answer lacks fields') : { answer };
}

function wrong(code: string, message: string) {
  return { error: { code, message } };
}

export function readLimit(fields: Record<string, unknown>): LimitAnswer | null {
  const { client, limit, count, leased = 0, reset_at = null, blocked_until = null } = fields;
  const isLimit = isText(client) && isNumber(limit) && isNumber(count) && isNumber(leased);
  if (!isLimit || !isTextOrNull(reset_at) || !isTextOrNull(blocked_until)) return null;
  return { client, limit, count, leased, reset_at, blocked_until };
}

export function readPresence({ rooms }: Record<string, unknown>): PresenceRoom[] | null {
  if (!Array.isArray(rooms)) return null;
  return rooms.flatMap((each) => {
    const { room, at, people } = fieldsOf(each);
    if (!isText(room) || !isText(at) || !Array.isArray(people)) return [];
    return [{ room, at, people: people.flatMap(readPerson) }];
  });
}

function readPerson(given: unknown): PresencePerson[] {
  const { user_id, since, last_active, sockets = 1 } = fieldsOf(given);
  const isPerson = isText(user_id) && isText(since) && isText(last_active) && isNumber(sockets);
  return isPerson ? [{ user_id, since, last_active, sockets }] : [];
}

export function readRooms(
  fields: Record<string, unknown>,
): { rooms: RoomRow[]; next: string | null } | null {
  const { rooms, next = null } = fields;
  if (!Array.isArray(rooms) || !isTextOrNull(next)) return null;
  return { rooms: rooms.flatMap(readRoom), next };
}

function readRoom(given: unknown): RoomRow[] {
  const { room, people = 0, sockets = 0, last_seen } = fieldsOf(given);
  const isRow = isText(room) && isNumber(people) && isNumber(sockets) && isText(last_seen);
  return isRow ? [{ room, people, sockets, last_seen }] : [];
}

export function readUser(fields: Record<string, unknown>): Omit<UserAnswer, 'user_id'> | null {
  const page = readFailed(fields);
  if (page === null || !Array.isArray(fields.rooms)) return null;
  return { rooms: fields.rooms.flatMap(readUserRoom), ...page };
}

function readUserRoom(given: unknown): UserRoom[] {
  const { room, messages = 0, fields = 0, traces = 0, sockets = 0 } = fieldsOf(given);
  const isRow = isText(room) && isNumber(messages) && isNumber(fields) && isNumber(traces);
  return isRow && isNumber(sockets) ? [{ room, messages, fields, traces, sockets }] : [];
}

/** What the caller needs of a `ForgetAnswer`. */
export function readFailed({
  failed = [],
  next = null,
}: Record<string, unknown>): Pick<ForgetAnswer, 'failed' | 'next'> | null {
  if (!Array.isArray(failed) || !failed.every(isText) || !isTextOrNull(next)) return null;
  return { failed, next };
}

const isText = (given: unknown): given is string => typeof given === 'string';
const isTextOrNull = (given: unknown): given is string | null => given === null || isText(given);
const isNumber = (given: unknown): given is number => Number.isFinite(given);
