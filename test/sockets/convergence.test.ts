import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RoomEngine, startRoomEngine } from '../../bench/room-engine.ts';
import { visible } from '../../src/live/document.ts';
import { type Fate, holds, LiveClient } from './live-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'goblin-sockets-'));
let engine: RoomEngine;

beforeAll(async () => {
  engine = await startRoomEngine(folder, { ROOM_FRAMES_PER_SECOND: '100000' });
});

afterAll(async () => {
  await engine.kill();
  rmSync(folder, { recursive: true });
});

const FATES: readonly Fate[] = ['deliver', 'deliver', 'drop', 'double', 'delay'];
const anyOf = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)] as T;

describe('clients over sockets that drop, double, reorder and delay frames', () => {
  it('agree in the end on every message and every field', async () => {
    const url = () => `ws://127.0.0.1:${engine.port}/ChatRoom/lossy`;
    const fate = () => anyOf(FATES);
    const clients = ['a', 'b', 'c', 'd'].map((id) => new LiveClient({ url, id, fate }));
    const said: string[] = [];
    await holds(() => clients.every(({ core }) => core.epoch !== undefined));
    for (let i = 0; i < 300; i++) {
      const client = anyOf(clients);
      if (i % 3 === 0) {
        said.push(`message ${i}`);
        client.say(`message ${i}`);
      } else {
        client.edit(anyOf(['title', 'body', 'note']), i % 5 ? { by: client.core.client, i } : null);
      }
      if (i % 20 === 0) {
        anyOf(clients).connect();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    // Then the network is good, and each connects once more.
    for (const client of clients) {
      client.fate = () => 'deliver';
      client.connect();
    }
    const isDone = () =>
      clients.every(({ core }) => core.pending.length + core.edits.size === 0) &&
      new Set(clients.map(({ core }) => `${core.since} ${core.replica.rev}`)).size === 1 &&
      clients[0]?.core.since === said.length;
    await holds(isDone);
    const answer = await fetch(`http://127.0.0.1:${engine.port}/export/lossy`);
    const { messages, fields } = (await answer.json()) as {
      messages: { text: string }[];
      fields: { field: string; value: object }[];
    };
    expect(messages.map(({ text }) => text).sort()).toEqual(said.sort());
    const document = Object.fromEntries(fields.map(({ field, value }) => [field, value]));
    for (const { core, got } of clients) {
      expect(visible(core.replica)).toEqual(document);
      expect(got.map(({ text }) => text)).toEqual(messages.map(({ text }) => text));
    }
    for (const client of clients) client.stop();
  });
});
