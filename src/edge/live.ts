/** The live memory as the operator asks for it: rooms, who is in them, and limits. Times are milliseconds since 1970. */
import { type LimitAnswer, readLimit, readPresence, readRooms } from '../live/admin.ts';
import type { Field, Json } from '../live/document.ts';
import type { ChatMessage, Person } from '../live/protocol.ts';
import type { RoomDescription, RoomHistory } from '../live/rpc.ts';
import { fieldsOf } from '../shards/summary.ts';
import type { AdminClient, Fields } from './admin.ts';

export interface LiveRoom {
  room: string;
  people: number;
  sockets: number;
  last_seen: number;
}

export interface Present {
  room: string;
  user_id: string;
  sockets: number;
  since: number;
  last_active: number;
}

/** What an edit came to: the field as it is now, and whether it is the caller's. */
export interface Edited {
  isStored: boolean;
  field: Field;
}

const PAGE = 1000;

/** The rooms that people have been in, in the order of names. */
export async function* listRooms(client: AdminClient): AsyncGenerator<LiveRoom> {
  for (let after: string | null = ''; after !== null; ) {
    const query: Record<string, string | number> = { limit: PAGE, after };
    const page = await client.ask({ path: ['rooms'], query }, readRooms);
    for (const row of page.rooms) yield { ...row, last_seen: Date.parse(row.last_seen) };
    after = page.next;
  }
}

/** Who is where. */
export async function listPresence(
  client: AdminClient,
  query: { room?: string | undefined; user?: string | undefined },
): Promise<Present[]> {
  const rooms = await client.ask({ path: ['presence'], query }, readPresence);
  return rooms.flatMap(({ room, people }) =>
    people.map(({ user_id, sockets, since, last_active }) => ({
      room,
      user_id,
      sockets,
      since: Date.parse(since),
      last_active: Date.parse(last_active),
    })),
  );
}

export function describeRoom(client: AdminClient, room: string): Promise<RoomDescription> {
  return client.ask({ path: ['rooms', room] }, readDescription);
}

/** Whether anybody ever used a room. */
export function isUsed({ epoch, sockets, closed }: RoomDescription): boolean {
  return epoch !== null || sockets > 0 || closed;
}

/** The first `limit` messages after a number, or the last ones. */
export function roomHistory(
  client: AdminClient,
  room: string,
  query: { after?: number | undefined; limit: number },
): Promise<RoomHistory> {
  return client.ask({ path: ['rooms', room, 'history'], query }, readHistory);
}

/** All that a room holds, as it answers. */
export function exportRoom(client: AdminClient, room: string): Promise<Fields> {
  return client.ask({ path: ['rooms', room, 'export'] }, (fields) => {
    const isWhole = Array.isArray(fields.messages) && Array.isArray(fields.fields);
    return isWhole ? fields : null;
  });
}

/** Says something as a user. It is stored once, however often it has to be sent. @returns the message's number */
export function say(
  client: AdminClient,
  room: string,
  body: { text: string; user_id?: string | undefined; client: string },
): Promise<number> {
  const path = ['rooms', room, 'say'];
  const question = { method: 'POST', path, body: { ...body, n: 1 }, repeatable: true } as const;
  return client.ask(question, ({ seq }) => (isNumber(seq) ? seq : null));
}

/** Closes a user's sockets and keeps the user out. @returns how many sockets were closed */
export function kick(
  client: AdminClient,
  room: string,
  body: { user_id: string; seconds: number },
): Promise<number> {
  const path = ['rooms', room, 'kick'];
  return client.ask({ method: 'POST', path, body, repeatable: true }, readSockets);
}

/** Closes a room until it is opened. @returns how many sockets were closed */
export function closeRoom(client: AdminClient, room: string, erase: boolean): Promise<number> {
  const path = ['rooms', room, 'close'];
  // Closing or erasing once more changes nothing: nobody can write in between.
  return client.ask({ method: 'POST', path, body: { erase }, repeatable: true }, readSockets);
}

export function openRoom(client: AdminClient, room: string): Promise<true> {
  const question = { method: 'POST', path: ['rooms', room, 'open'], repeatable: true } as const;
  return client.ask(question, ({ closed }) => (closed === false ? true : null));
}

/** The fields of a room's document that are not deleted. */
export function roomDocument(client: AdminClient, room: string): Promise<Field[]> {
  return client.ask({ path: ['rooms', room, 'document'] }, ({ fields }) =>
    Array.isArray(fields) ? fields.filter(isField) : null,
  );
}

/** Sets a field, null to delete it; without `base` whatever it is now is replaced. */
export function editDocument(
  client: AdminClient,
  room: string,
  body: { field: string; value: Json; base?: number | undefined; user_id?: string | undefined },
): Promise<Edited> {
  const question = { method: 'PUT', path: ['rooms', room, 'document'], body } as const;
  return client.ask(question, ({ field, conflict }) => {
    if (isField(field)) return { isStored: true, field };
    return isField(conflict) ? { isStored: false, field: conflict } : null;
  });
}

/** What the rate limiter knows of a client. */
export const showLimit = (client: AdminClient, ip: string): Promise<LimitAnswer> =>
  client.ask({ path: ['limits', ip] }, readLimit);

/** Lets a client in again: the limiter's object, and its mirror in KV. */
export const resetLimit = (client: AdminClient, ip: string): Promise<LimitAnswer> =>
  client.ask({ method: 'DELETE', path: ['limits', ip], repeatable: true }, readLimit);

/** Blocks a client until then: the limiter's object, and its mirror in KV. */
export const blockLimit = (client: AdminClient, ip: string, until: number): Promise<LimitAnswer> =>
  client.ask(
    {
      method: 'PUT',
      path: ['limits', ip],
      body: { until: new Date(until).toISOString() },
      repeatable: true,
    },
    readLimit,
  );

function readDescription(fields: Fields): RoomDescription | null {
  const { room, epoch, seq, messages, sockets, closed, bytes, people } = fields;
  const { oldest_at = null, newest_at = null } = fields;
  const { rev, fields: count } = fieldsOf(fields.doc);
  const numbers = [seq, messages, sockets, bytes, rev, count].every(isNumber);
  const texts = typeof room === 'string' && (epoch === null || typeof epoch === 'string');
  const times = [oldest_at, newest_at].every((at) => at === null || isNumber(at));
  if (!numbers || !texts || !times || typeof closed !== 'boolean') return null;
  const known = { ...fields, oldest_at, newest_at } as unknown as RoomDescription;
  return { ...known, people: (Array.isArray(people) ? people : []).filter(isPerson) };
}

function readHistory({ messages, seq, pruned }: Fields): RoomHistory | null {
  if (!Array.isArray(messages) || !isNumber(seq) || !isNumber(pruned)) return null;
  return { messages: messages.filter(isMessage), seq, pruned };
}

const readSockets = ({ sockets }: Fields) => (isNumber(sockets) ? sockets : null);
const isNumber = (given: unknown): given is number => Number.isFinite(given);
const isPerson = (given: unknown): given is Person => typeof fieldsOf(given).user === 'string';

function isMessage(given: unknown): given is ChatMessage {
  const { seq, at, user, text } = fieldsOf(given);
  return isNumber(seq) && isNumber(at) && typeof user === 'string' && typeof text === 'string';
}

function isField(given: unknown): given is Field {
  const { field, version, value } = fieldsOf(given);
  return typeof field === 'string' && isNumber(version) && value !== undefined;
}
