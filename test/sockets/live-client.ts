/** A client that comes back whatever happens, over a real socket. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { RoomClient } from '../../src/live/client.ts';
import { decodeServerFrame } from '../../src/live/decode-server.ts';
import type { Json } from '../../src/live/document.ts';
import type { ChatMessage, ClientFrame, ServerFrame } from '../../src/live/protocol.ts';

/** What a bad network does to a frame, in either direction. */
export type Fate = 'deliver' | 'drop' | 'double' | 'delay';

export interface LiveClientOptions {
  /** Where the room is now. */
  url: () => string;
  id: string;
  /** By default the network is good. */
  fate?: () => Fate;
}

export class LiveClient {
  readonly core: RoomClient;
  /** Every message that came, in the order in which it came. */
  readonly got: ChatMessage[] = [];
  readonly gaps: ServerFrame[] = [];
  /** Texts whose storing was acknowledged. */
  readonly acknowledged: string[] = [];
  /** Refusals, and sockets that ended. */
  troubles = 0;
  fate: () => Fate;
  readonly #options: LiveClientOptions;
  #ws: WebSocket | undefined;
  #stopped = false;

  constructor(options: LiveClientOptions) {
    this.#options = options;
    this.core = new RoomClient(options.id);
    this.fate = options.fate ?? (() => 'deliver');
    this.connect();
  }

  /** Leaves the socket there is, if any, for a new one. */
  connect(): void {
    this.#ws?.terminate();
    const ws = new WebSocket(`${this.#options.url()}?user=${this.core.client}`);
    this.#ws = ws;
    ws.on('open', () => this.#carry(ws, this.core.hello(), false));
    ws.on('message', (data) => this.#hear(ws, String(data)));
    ws.on('error', () => {});
    ws.on('close', () => {
      this.troubles++;
      if (!this.#stopped && this.#ws === ws) setTimeout(() => this.connect(), 20);
    });
  }

  say(text: string): void {
    const frame = this.core.say(text);
    // Before the first welcome it has no number yet; the welcome sends it.
    if (this.core.epoch !== undefined) this.#carry(this.#ws, frame);
  }

  edit(field: string, value: Json): void {
    const frame = this.core.edit(field, value);
    if (frame) this.#carry(this.#ws, frame);
  }

  stop(): void {
    this.#stopped = true;
    this.#ws?.terminate();
  }

  #carry(ws: WebSocket | undefined, frame: ClientFrame, lossy = true): void {
    const send = () => {
      if (ws?.readyState === WebSocket.OPEN) ws.send(JSON.stringify(frame));
    };
    passThrough(lossy ? this.fate() : 'deliver', send);
  }

  #hear(ws: WebSocket, data: string): void {
    const frame = decodeServerFrame(data);
    if (!frame) return;
    // The first frame of a socket is never lost: without it there is no conversation at all.
    const fate = frame.type === 'welcome' || frame.type === 'sync' ? 'deliver' : this.fate();
    passThrough(fate, () => {
      if (this.#ws === ws) this.#receive(ws, frame);
    });
  }

  #receive(ws: WebSocket, frame: ServerFrame): void {
    const pending = this.core.pending.map(({ text }) => text);
    const { send, messages, retryMs } = this.core.receive(frame);
    const left = new Set(this.core.pending.map(({ text }) => text));
    this.acknowledged.push(...pending.filter((text) => !left.has(text)));
    this.got.push(...messages);
    if (frame.type === 'error') this.troubles++;
    if (frame.type === 'gap') this.gaps.push(frame);
    for (const each of send) this.#carry(ws, each, each.type !== 'sync');
    if (retryMs !== undefined) setTimeout(() => this.#resend(ws), retryMs + 10);
  }

  #resend(ws: WebSocket): void {
    if (this.#ws === ws) for (const frame of this.core.resend()) this.#carry(ws, frame);
  }
}

function passThrough(fate: Fate, pass: () => void): void {
  if (fate === 'drop') return;
  // A random delay lets later ones overtake it.
  if (fate === 'delay') setTimeout(pass, Math.random() * 30);
  else pass();
  if (fate === 'double') setTimeout(pass, Math.random() * 30);
}

/** Resolves once a condition holds, which is looked at again and again. */
export async function holds(condition: () => boolean, onEach = () => {}): Promise<void> {
  while (!condition()) {
    onEach();
    await sleep(20);
  }
}
