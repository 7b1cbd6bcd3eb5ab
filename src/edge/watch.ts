/**
 * A room as the operator sees it over a socket of the room's own protocol. Each connection has a
 * ticket of its own. A connection that is lost comes back with backoff and jitter and goes on where it was.
 */
import { randomUUID } from 'node:crypto';
import { on } from 'node:events';
import { WebSocket } from 'ws';
import { GoblinError } from '../contract/errors.ts';
import { RoomClient } from '../live/client.ts';
import { decodeServerFrame } from '../live/decode-server.ts';
import {
  CLOSE,
  type ClientFrame,
  isFinalClose,
  PING_SECONDS,
  type ServerFrame,
} from '../live/protocol.ts';
import type { AdminClient } from './admin.ts';
import { backoff } from './backoff.ts';

export interface WatchOptions {
  admin: AdminClient;
  room: string;
  /** As whom to be there; the edge's name for the operator where it is left out. */
  user: string | undefined;
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  random(): number;
  /** Ends the events without an error. */
  signal: AbortSignal;
}

/** How often to look whether the room is silent, and when a silent connection counts as lost. */
const LOOK_MS = 5_000;
const SILENT_MS = 35_000;
const HANDSHAKE_MS = 15_000;

/** A connection that was lost, told between the events of the room. */
export interface Lost {
  event: 'lost';
  /** Milliseconds since 1970. */
  at: number;
  text: string;
}

/** Makes, for one client, what tells the events of a frame and sends the answers to it. */
export type Interpret<Event> = (
  client: RoomClient,
  now: () => number,
) => (frame: ServerFrame, send: (frame: ClientFrame) => void) => Generator<Event>;

/**
 * Events until the signal ends them.
 * @throws {GoblinError} what the admin plane refuses, `edge_unreachable` for a first connection that fails, `kicked`,
 *   `room_closed`, `socket_refused` for any other close code that is final
 */
export async function* watchRoom<Event>(
  options: WatchOptions,
  interpret: Interpret<Event>,
): AsyncGenerator<Event | Lost> {
  const { signal, now, random, sleep } = options;
  const client = new RoomClient(`goblin-${randomUUID()}`);
  const eventsOf = interpret(client, now);
  for (let failures = 0; ; failures++) {
    try {
      for await (const { frame, send } of frames(options, client)) {
        if (frame.type === 'welcome') failures = 0;
        yield* eventsOf(frame, send);
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      const isFirst = client.epoch === undefined;
      if (!(error instanceof GoblinError) || !error.retryable || isFirst) throw error;
      yield { event: 'lost', at: now(), text: error.message };
    }
    await sleep(backoff(failures, random), signal);
    if (signal.aborted) return;
  }
}

interface Heard {
  frame: ServerFrame;
  send(frame: ClientFrame): void;
}

/** The frames of one connection. Its end is an error, unless the signal ended it. */
async function* frames(options: WatchOptions, client: RoomClient): AsyncGenerator<Heard> {
  const { signal } = options;
  const url = await address(options);
  const socket = new WebSocket(url, { handshakeTimeout: HANDSHAKE_MS });
  let code = 1006;
  socket.once('close', (given) => {
    code = given;
  });
  // One that comes after the loop has ended is of no interest.
  socket.on('error', () => {});
  const send = (frame: ClientFrame) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };
  socket.once('open', () => send(client.hello()));
  const endWatch = watchSilence(socket);
  try {
    for await (const [data] of on(socket, 'message', { close: ['close'], signal })) {
      const text = String(data);
      const frame = text === 'pong' ? null : decodeServerFrame(text);
      if (frame) yield { frame, send };
    }
  } catch (error) {
    if (signal.aborted) return;
    throw lost(options, error instanceof Error ? error.message : String(error));
  } finally {
    endWatch();
    socket.terminate();
  }
  throw closed(options, code);
}

async function address({ admin, room, user }: WatchOptions): Promise<string> {
  const path = ['rooms', room, 'tickets'];
  const body = { ...(user !== undefined && { user_id: user }) };
  // A ticket that nobody uses is worth nothing after 30 s.
  const question = { method: 'POST', path, body, repeatable: true } as const;
  const ticket = await admin.ask(question, ({ ticket }) =>
    typeof ticket === 'string' ? ticket : null,
  );
  const url = new URL(`/rooms/${encodeURIComponent(room)}`, admin.url.replace(/^http/, 'ws'));
  url.searchParams.set('ticket', ticket);
  return url.href;
}

/** Pings a silent room, and ends a connection on which nothing is heard any more. @returns what ends the watch */
function watchSilence(socket: WebSocket): () => void {
  let heard = performance.now();
  socket.on('message', () => {
    heard = performance.now();
  });
  const timer = setInterval(() => {
    const silent = performance.now() - heard;
    if (silent > SILENT_MS) socket.terminate();
    else if (silent > PING_SECONDS * 1000 && socket.readyState === WebSocket.OPEN)
      socket.send('ping');
  }, LOOK_MS);
  return () => clearInterval(timer);
}

function lost({ room }: WatchOptions, why: string): GoblinError {
  const message = `the connection to ${room} was lost: ${why}`;
  return new GoblinError('failed', 'edge_unreachable', message, {
    hint: 'Check that the edge is reached by WebSocket, and try again.',
    retryable: true,
  });
}

const FINAL: Readonly<Record<number, readonly [code: string, what: string]>> = {
  [CLOSE.kicked]: ['kicked', 'the operator has sent this user away'],
  [CLOSE.roomClosed]: ['room_closed', 'the room was closed'],
};

function closed(options: WatchOptions, code: number): GoblinError {
  // The next ticket comes with a new session.
  if (!isFinalClose(code) || code === CLOSE.sessionOver) return lost(options, `code ${code}`);
  const [word, what] = FINAL[code] ?? ['socket_refused', `the room ended it with code ${code}`];
  return new GoblinError('failed', word, `${options.room}: ${what}`);
}
