/** Many sockets in one room or relay, and what they measure. */
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

export type Kind = 'ChatRoom' | 'Relay' | 'CoalescingRelay';

/** Messages that a socket has on their way while it sends as fast as it can. */
const WINDOW = 10;
/** Sockets of one user: a room takes no more. */
const SOCKETS_PER_USER = 10;

export interface Room {
  /** Everybody sends as fast as it is acknowledged. @returns messages a second */
  saturate(ms: number): Promise<number>;
  /** They send in turn. @returns milliseconds from sending to each delivery */
  speak(ms: number, perSecond: number, text: string): Promise<number[]>;
  /** The last one reads nothing from now on, and says nothing. */
  pauseOne(): void;
  close(): Promise<void>;
}

/** One socket; the texts of its messages begin with its id, by which it knows them again. */
class Speaker {
  readonly ws: WebSocket;
  readonly #kind: Kind;
  readonly #id: string;
  sent = 0;
  acknowledged = 0;
  onOwn = () => {};
  onText = (_text: string) => {};

  constructor(ws: WebSocket, kind: Kind, id: string) {
    this.ws = ws;
    this.#kind = kind;
    this.#id = id;
    ws.on('message', (data) => this.#receive(String(data)));
  }

  /** All of these look for the same marks, so that none is spared work that another does. */
  #receive(data: string): void {
    if (data.startsWith('{"type":"sync"')) this.ws.send(data);
    let own = 0;
    for (let at = data.indexOf(this.#id); at !== -1; at = data.indexOf(this.#id, at + 1)) own++;
    this.onText(data);
    if (own === 0) return;
    this.acknowledged += own;
    this.onOwn();
  }

  say(text: string): void {
    const n = ++this.sent;
    const body = `${this.#id} ${text}`;
    this.ws.send(
      this.#kind === 'ChatRoom'
        ? `{"type":"message","n":${n},"text":"${body}"}`
        : // As long as what a room sends.
          `{"seq":${n},"at":${Date.now()},"user":"u","client":"c${this.#id.slice(1, -1)}","n":${n},"text":"${body}"}`,
    );
  }
}

export async function openRoom(url: string, kind: Kind, sockets: number): Promise<Room> {
  const speakers: Speaker[] = [];
  for (let i = 0; i < sockets; i++) speakers.push(await openSpeaker(url, kind, i));
  let readers = speakers;
  // Until everybody has been told of everybody.
  await sleep(500);
  return {
    async saturate(ms) {
      const count = () => speakers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
      let isOver = false;
      for (const speaker of speakers) {
        const more = () => {
          while (!isOver && speaker.sent - speaker.acknowledged < WINDOW)
            speaker.say('hello there');
        };
        speaker.onOwn = more;
        more();
      }
      await sleep(ms / 4);
      const [from, before] = [performance.now(), count()];
      await sleep(ms);
      const rate = ((count() - before) * 1000) / (performance.now() - from);
      isOver = true;
      return rate;
    },
    async speak(ms, perSecond, text) {
      const delays: number[] = [];
      for (const reader of readers) {
        reader.onText = (data) => {
          const now = performance.now();
          for (const [, at] of data.matchAll(/@([\d.]+) /g)) delays.push(now - Number(at));
        };
      }
      const start = performance.now();
      for (let i = 0; i < (ms * perSecond) / 1000; i++) {
        await sleep(start + (i * 1000) / perSecond - performance.now());
        readers[i % readers.length]?.say(`@${performance.now()} ${text}`);
      }
      await sleep(200);
      for (const reader of readers) reader.onText = () => {};
      return delays;
    },
    pauseOne() {
      readers = speakers.slice(0, -1);
      speakers.at(-1)?.ws.pause();
    },
    async close() {
      await Promise.all(
        speakers.map(({ ws }) => {
          const closed = once(ws, 'close');
          ws.terminate();
          return closed;
        }),
      );
      await sleep(300);
    },
  };
}

async function openSpeaker(url: string, kind: Kind, i: number): Promise<Speaker> {
  const ws = new WebSocket(`${url}?user=u${Math.floor(i / SOCKETS_PER_USER)}`, {
    perMessageDeflate: false,
  });
  const speaker = new Speaker(ws, kind, `#${i}#`);
  await once(ws, 'open');
  if (kind === 'ChatRoom') {
    ws.send(`{"type":"hello","version":1,"client":"c${i}"}`);
    await once(ws, 'message');
  }
  return speaker;
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((x, y) => x - y);
  return (
    sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN
  );
}
