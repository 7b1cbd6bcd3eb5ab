/** Rooms under test, and clients in them that remember every frame. */
import { env } from 'cloudflare:test';
import { decodeServerFrame } from '../../../src/live/decode-server.ts';
import type { ClientFrame, ServerFrame } from '../../../src/live/protocol.ts';
import { CALLER_HEADER, type Identity } from '../../../src/live/rpc.ts';
import type { ChatRoom } from '../../../worker/live/src/room/room.ts';

interface Bindings {
  ROOMS: DurableObjectNamespace<ChatRoom>;
  GOBLIN_KV: KVNamespace;
}

export const { ROOMS, GOBLIN_KV: kv } = env as unknown as Bindings;

let rooms = 0;

/** A room that no other test has. */
export const newRoom = () => `room ${++rooms} ${crypto.randomUUID()}`;

export const stubOf = (room: string) => ROOMS.getByName(room);

/** A session as it is stored, and as the edge tells a room of it. */
export async function session(user: string, expiresIn = 3_600_000): Promise<Identity> {
  const token = crypto.randomUUID();
  const expires_at = Date.now() + expiresIn;
  await kv.put(`session:${token}`, JSON.stringify({ user_id: user, expires_at }));
  return { user, token, expires_at };
}

export function ask(room: string, caller: object, to = room): Promise<Response> {
  const headers = {
    Upgrade: 'websocket',
    [CALLER_HEADER]: JSON.stringify({ v: 1, room: to, ...caller }),
  };
  return stubOf(room).fetch('https://room.test/', { headers });
}

export type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;

/** One socket. `until` waits for a frame, those that have come included. */
export class Visitor {
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly ws: WebSocket;
  client = '';
  #waiting: (() => void)[] = [];

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.addEventListener('message', ({ data }) => {
      const frame = data === 'pong' ? null : decodeServerFrame(data);
      if (frame) this.frames.push(frame);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.closed = new Promise((resolve) => {
      ws.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
    });
    ws.accept();
  }

  send(frame: ClientFrame | string | ArrayBuffer): void {
    const isRaw = typeof frame === 'string' || frame instanceof ArrayBuffer;
    this.ws.send(isRaw ? frame : JSON.stringify(frame));
  }

  say(n: number, text = `message ${n}`): void {
    this.send({ type: 'message', n, text });
  }

  all<Type extends ServerFrame['type']>(type: Type): Frame<Type>[] {
    return this.frames.filter((frame) => frame.type === type) as Frame<Type>[];
  }

  async until<Type extends ServerFrame['type']>(
    type: Type,
    isIt: (frame: Frame<Type>) => boolean = () => true,
  ): Promise<Frame<Type>> {
    for (;;) {
      const found = this.all(type).find(isIt);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Waits until the client's messages up to one are acknowledged. */
  async acknowledged(n: number): Promise<void> {
    const isIt = (frame: ServerFrame) =>
      frame.type === 'messages'
        ? frame.messages.some((each) => each.client === this.client && each.n >= n)
        : frame.type === 'ack' && frame.n >= n;
    while (!this.frames.some(isIt)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The texts that came, in the order in which they came. */
  get texts(): string[] {
    return this.all('messages').flatMap(({ messages }) => messages.map(({ text }) => text));
  }
}

interface Entering {
  client?: string;
  since?: number;
  epoch?: string;
  doc?: number;
  identity?: Identity;
}

/** A socket in a room, without a hello. */
export async function connect(room: string, caller: object): Promise<Visitor> {
  const response = await ask(room, caller);
  if (!response.webSocket) throw new Error(`${response.status} ${await response.text()}`);
  return new Visitor(response.webSocket);
}

/** Somebody in a room who has been told everything up to now, and of whom the others know. */
export async function enter(
  room: string,
  user: string,
  { identity, client = crypto.randomUUID(), ...place }: Entering = {},
): Promise<Visitor & { welcome: Frame<'welcome'> }> {
  const visitor = await connect(room, identity ?? (await session(user)));
  visitor.client = client;
  visitor.send({ type: 'hello', version: 1, client, ...place });
  const welcome = await visitor.until('welcome');
  await visitor.until('presence', ({ people }) => people !== undefined);
  await visitor.until('presence', ({ people, changed }) =>
    [...(people ?? []), ...(changed ?? [])].some((person) => person.user === user),
  );
  return Object.assign(visitor, { welcome });
}
