/** Who gets a socket: the session that the edge has verified, or a ticket that this room has issued. */
import { parse } from '../../../../src/live/decode.ts';
import { MAX_CLIENT, TICKET_SECONDS } from '../../../../src/live/protocol.ts';
import { CALLER_HEADER, type Caller, type Identity } from '../../../../src/live/rpc.ts';
import type { Crowd } from './crowd.ts';
import { MAX_SOCKETS, MAX_TICKETS, MAX_USER_SOCKETS } from './limits.ts';
import type { RoomStore } from './store.ts';

/** An answer other than 101. */
interface Denial {
  status: number;
  code: string;
  message: string;
}

export function deny({ status, code, message }: Denial): Response {
  return Response.json({ error: { code, message } }, { status });
}

/** What the edge says of a request; undefined where it is not an edge's. */
export function callerOf(request: Request): Caller | undefined {
  const caller = parse(request.headers.get(CALLER_HEADER) ?? '') as Caller | undefined;
  return typeof caller?.room === 'string' ? caller : undefined;
}

/** The identity of somebody who may have a socket, or why not. A ticket is used up by this. */
export function admit(store: RoomStore, crowd: Crowd, caller: Caller): Identity | Denial {
  if (store.meta.closed) return { status: 410, code: 'room_closed', message: 'the room is closed' };
  const identity = 'ticket' in caller ? redeem(store, caller.ticket) : caller;
  if (!identity) {
    const message = 'the ticket is used, too old or of another room; ask for another';
    return { status: 401, code: 'ticket_invalid', message };
  }
  if (isKicked(store, identity.user)) {
    return { status: 403, code: 'kicked', message: 'the operator has sent this user away' };
  }
  if (crowd.members.length >= MAX_SOCKETS || crowd.of(identity.user).length >= MAX_USER_SOCKETS) {
    return {
      status: 503,
      code: 'room_full',
      message: 'there are too many sockets; try again later',
    };
  }
  return identity;
}

export function isKicked(store: RoomStore, user: string): boolean {
  const sql = 'SELECT 1 FROM kicks WHERE user = ? AND until > ?';
  return store.read(sql, user, Date.now()).length > 0;
}

/** A new ticket; undefined where too many are not used yet. */
export function issueTicket(store: RoomStore, room: string, identity: Identity) {
  const ticket = crypto.randomUUID();
  const now = Date.now();
  const expires_at = now + TICKET_SECONDS * 1000;
  return store.change(room, () => {
    // After a clock went back, a ticket of the time before it does not live longer than any other.
    store.rows('DELETE FROM tickets WHERE until <= ?1 OR until > ?2', now, expires_at);
    const [row] = store.rows<{ n: number }>('SELECT count(*) AS n FROM tickets');
    if ((row?.n ?? 0) >= MAX_TICKETS) return;
    const { user, token, expires_at: until } = identity;
    const stored = JSON.stringify({ user, token, expires_at: until });
    store.rows('INSERT INTO tickets VALUES (?, ?, ?)', ticket, stored, expires_at);
    return { ticket, expires_at };
  });
}

function redeem(store: RoomStore, ticket: unknown): Identity | undefined {
  if (typeof ticket !== 'string' || ticket.length > MAX_CLIENT) return;
  const [row] = store.read<{ identity: string; until: number }>(
    'DELETE FROM tickets WHERE ticket = ? RETURNING identity, until',
    ticket,
  );
  const left = (row?.until ?? 0) - Date.now();
  return row && left > 0 && left <= TICKET_SECONDS * 1000 ? JSON.parse(row.identity) : undefined;
}
