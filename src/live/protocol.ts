/**
 * The WebSocket protocol of a room: its frames, its close codes and its limits. Each frame is a text frame
 * that holds one JSON object with a `type`. `worker/live/PROTOCOL.md` tells how they are used.
 */
import type { Edit, Field } from './document.ts';
import type { PresenceSnapshot } from './presence-rpc.ts';

/** The version that this code speaks, and the oldest that it accepts. */
export const PROTOCOL = 1;
export const OLDEST_PROTOCOL = 1;

/** UTF-16 units of the largest frame that a client may send. */
export const MAX_FRAME = 32_768;
/** UTF-16 units of the longest message. */
export const MAX_TEXT = 4000;
/** UTF-16 units of a client's id, and of the name of a field in the document. */
export const MAX_CLIENT = 64;
export const MAX_FIELD = 100;
/** UTF-16 units of a field's value as JSON. */
export const MAX_VALUE = 8000;
/** Seconds after which a client that has nothing to say sends the text `ping`; the answer is `pong`. */
export const PING_SECONDS = 15;
/** Seconds that a ticket lasts. */
export const TICKET_SECONDS = 30;

/** Codes from 4000 to 4099 are final: the client does not come back. After any other one it resumes. */
export const CLOSE = {
  badProtocol: 4000,
  sessionOver: 4001,
  kicked: 4003,
  roomClosed: 4004,
  superseded: 4005,
  unsupported: 4006,
  slow: 4100,
  silent: 4101,
  flood: 4102,
  tooManyRooms: 4103,
} as const;

/** Whether a client must not connect again by itself after this close code. */
export function isFinalClose(code: number): boolean {
  return code >= 4000 && code < 4100;
}

/** A stored message. `n` is the author's own number; times are milliseconds since 1970. */
export interface ChatMessage {
  seq: number;
  at: number;
  user: string;
  client: string;
  n: number;
  text: string;
}

export type Person = PresenceSnapshot['people'][number];

export interface Hello {
  type: 'hello';
  version: number;
  /** An id of this client's own choice, used by one socket at a time. */
  client: string;
  /** Which life of the room the next two numbers are about; a room that was erased begins another. */
  epoch?: string;
  /** The client has all messages up to this one; without it the latest are sent. */
  since?: number;
  /** The client has the document up to this version. */
  doc?: number;
}

export type ClientFrame =
  | Hello
  | { type: 'message'; n: number; text: string }
  | ({ type: 'edit' } & Edit)
  | { type: 'typing'; on: boolean }
  | { type: 'sync'; sent: number };

export type ErrorCode =
  | 'bad_frame'
  | 'unknown_type'
  | 'hello_first'
  | 'out_of_order'
  | 'rate_limited'
  | 'storage_failed'
  | 'document_full';

export interface Welcome {
  type: 'welcome';
  version: number;
  room: string;
  user: string;
  epoch: string;
  /** The highest number of this client's messages that is stored; 0 where none is. */
  mark: number;
  /** The newest message and the newest version of the document. */
  seq: number;
  doc: number;
  /** Messages after this one follow. */
  from: number;
}

/** Everything stored in the interval (after, upto], in order: what a client finds of its own is acknowledged. */
export interface Messages {
  type: 'messages';
  after: number;
  upto: number;
  messages: ChatMessage[];
}

/** Every field whose version lies in (after, upto]. */
export interface Fields {
  type: 'fields';
  after: number;
  upto: number;
  fields: Field[];
}

export interface Failure {
  type: 'error';
  code: ErrorCode;
  message: string;
  /** The number of the message or edit that was not stored. */
  n?: number;
  /** The number that the client's next message must have. */
  expected?: number;
  /** Milliseconds to wait before trying again. */
  retry_ms?: number;
}

export type ServerFrame =
  | Welcome
  | Messages
  | Fields
  | Failure
  | { type: 'ack'; n: number }
  | { type: 'gap'; after: number; upto: number; reason: 'pruned' | 'reset' }
  | { type: 'edited'; n: number; version: number }
  | { type: 'conflict'; n: number; field: Field }
  | { type: 'presence'; people?: Person[]; changed?: Person[]; left?: string[] }
  | { type: 'typing'; user: string; on: boolean }
  | { type: 'sync'; sent: number };
