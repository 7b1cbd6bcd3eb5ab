/** A conversation while the engine is killed again and again, and what came of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRoomEngine } from '../../bench/room-engine.ts';
import type { ChatMessage } from '../../src/live/protocol.ts';
import { holds, LiveClient } from './live-client.ts';

/** So few that each round prunes, and no client misses as many while it is away. */
const HISTORY = 300;
const WRITERS = 4;
/** Messages of a writer that wait for their acknowledgement at most. */
const WINDOW = 10;
const ACKNOWLEDGED_A_ROUND = 150;

export interface KillReport {
  acknowledged: number;
  /** Acknowledged, and not in what the readers got. */
  lost: string[];
  /** Stored under more than one number. */
  twice: string[];
  /** What each client got, by the order in which it came. */
  orders: string[][];
  gaps: number;
  pruned: number;
}

/** Kills the engine `rounds` times under load, and starts it again each time. */
export async function killRounds(rounds: number): Promise<KillReport> {
  const folder = mkdtempSync(join(tmpdir(), 'goblin-kills-'));
  const start = () =>
    startRoomEngine(folder, { ROOM_HISTORY: `${HISTORY}`, ROOM_FRAMES_PER_SECOND: '100000' });
  let engine = await start();
  const url = () => `ws://127.0.0.1:${engine.port}/ChatRoom/lobby`;
  const clients = Array.from({ length: WRITERS }, (_, i) => new LiveClient({ url, id: `w${i}` }));
  const acknowledged = () => clients.reduce((sum, each) => sum + each.acknowledged.length, 0);
  let said = 0;
  const speak = () => {
    for (const client of clients) {
      while (client.core.pending.length < WINDOW) client.say(`${client.core.client} ${++said}`);
    }
  };
  try {
    for (let round = 1; round <= rounds; round++) {
      await holds(() => acknowledged() >= round * ACKNOWLEDGED_A_ROUND, speak);
      speak();
      // At any point between sending, storing and acknowledging.
      await sleep(Math.random() * 15);
      await engine.kill();
      engine = await start();
    }
    await holds(() => clients.every(({ core }) => core.pending.length === 0));
    const answer = await fetch(`http://127.0.0.1:${engine.port}/export/lobby`);
    const { seq, pruned } = (await answer.json()) as { seq: number; pruned: number };
    await holds(() => clients.every(({ core }) => core.since === seq));
    return { ...judge(clients), pruned };
  } finally {
    for (const client of clients) client.stop();
    await engine.kill();
    rmSync(folder, { recursive: true });
  }
}

function judge(clients: readonly LiveClient[]): Omit<KillReport, 'pruned'> {
  const stored = new Map<number, ChatMessage>();
  for (const { got } of clients) for (const message of got) stored.set(message.seq, message);
  const texts = [...stored.values()].map(({ text }) => text);
  const known = new Set(texts);
  const acknowledged = clients.flatMap((client) => client.acknowledged);
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((text) => !known.has(text)),
    twice: texts.filter((text, i) => texts.indexOf(text) !== i),
    orders: clients.map(({ got }) => got.map(({ seq, text }) => `${seq} ${text}`)),
    gaps: clients.reduce((sum, { gaps }) => sum + gaps.length, 0),
  };
}
