/**
 * What the edge and its admin plane call on a room. Each call takes one object and answers one, so that
 * either side may know a field more than the other.
 */
import type { Field, Json } from './document.ts';
import type { ChatMessage, Person } from './protocol.ts';

/** Version of these calls; a side accepts the calls of the other's previous version. */
export const RPC_VERSION = 1;

/** The header in which the edge tells a room who wants a socket: a `Caller` as JSON in ASCII. */
export const CALLER_HEADER = 'X-Goblin-Caller';

/** Whose session it is, as the edge has verified it. */
export interface Identity {
  user: string;
  /** The session's token: the room looks at the session again while a socket is open. */
  token: string;
  /** Milliseconds since 1970. */
  expires_at: number;
}

/** Who wants a socket: somebody with a session, or the bearer of a ticket. */
export type Caller = { v: number; room: string } & (Identity | { ticket: string });

/** A refusal that is not a fault: the code is for programs. */
export interface Refused {
  error: 'room_closed' | 'kicked' | 'out_of_order' | 'bad_request' | 'document_full' | 'too_many';
}

export interface RoomDescription {
  room: string;
  /** Null where nothing was ever stored. */
  epoch: string | null;
  seq: number;
  /** Messages that are kept, and when the oldest and the newest came. */
  messages: number;
  oldest_at: number | null;
  newest_at: number | null;
  doc: { rev: number; fields: number };
  people: Person[];
  sockets: number;
  closed: boolean;
  bytes: number;
}

export interface RoomHistory {
  messages: ChatMessage[];
  /** The newest message, and the newest that is not kept any more. */
  seq: number;
  pruned: number;
}

export interface RoomRpc {
  /** A one-time ticket, which lasts 30 s. */
  ticket(
    call: Identity & { room: string },
  ): Promise<{ ticket: string; expires_at: number } | Refused>;
  describe(): Promise<RoomDescription>;
  /** The first `limit` messages after a number, or the last ones. */
  history(call: { after?: number; limit?: number }): Promise<RoomHistory>;
  /** Stores a message. The same client and number again is answered as if it were stored now. */
  say(call: {
    room: string;
    user: string;
    client: string;
    n: number;
    text: string;
  }): Promise<{ seq: number } | Refused>;
  /** Closes a user's sockets, and lets the user not in again for a while. */
  kick(call: { user: string; seconds: number }): Promise<{ sockets: number }>;
  /** Closes the room for everybody until `open`; `erase` deletes what it holds. */
  close(call: { room: string; erase: boolean }): Promise<{ sockets: number }>;
  open(): Promise<{ closed: false }>;
  export(): Promise<RoomHistory & { description: RoomDescription; fields: Field[] }>;
  docGet(): Promise<{ rev: number; fields: Field[] }>;
  /** Without `base`, whatever the field is now is replaced. */
  docSet(call: {
    room: string;
    user: string;
    field: string;
    value: Json;
    base?: number;
  }): Promise<{ field: Field } | { conflict: Field } | Refused>;
  /** Counts what names a user; `traces` are numbers of clients, tickets and kicks. */
  aboutUser(call: {
    user: string;
  }): Promise<{ messages: number; fields: number; traces: number; sockets: number }>;
  /** Deletes a user's messages, numbers and tickets; fields stay, without the user's name. */
  forgetUser(call: {
    user: string;
  }): Promise<{ messages: number; fields: number; sockets: number }>;
}
