/**
 * A room beside relays that store nothing, in one workerd and by turns: messages a second with 200 sockets that
 * send as fast as they are acknowledged, delivery at 20 messages a second, and what a reader costs that does
 * not read. A commit waits for the disk below TMPDIR, which a relay does not. `npm run bench:rooms [-- <runs>]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, verdict } from './figures.ts';
import { startRoomEngine } from './room-engine.ts';
import { type Kind, openRoom, percentile } from './room-load.ts';

const RUNS = Number(process.argv[2] ?? 5);
const SOCKETS = 200;
const SATURATED_MS = 2000;
const CALM_MS = 500;
const CALM_SLICES = 10;
const CALM_PER_SECOND = 20;
/** Beside the paused reader: enough data to fill any buffer of the system many times. */
const READERS = 20;
const LOUD_MS = 6000;
const LOUD_PER_SECOND = 200;
const LOUD_TEXT = 'x'.repeat(3900);

const folder = mkdtempSync(join(tmpdir(), 'goblin-bench-'));
const engine = await startRoomEngine(folder, { ROOM_FRAMES_PER_SECOND: '1000000' });
let rooms = 0;

const open = (kind: Kind, sockets: number) =>
  openRoom(`ws://127.0.0.1:${engine.port}/${kind}/bench-${++rooms}`, kind, sockets);

async function saturated(kind: Kind): Promise<number> {
  const room = await open(kind, SOCKETS);
  const rate = await room.saturate(SATURATED_MS);
  await room.close();
  return rate;
}

/** 99th percentiles of a room and a relay, which speak in turn: what slows the machine slows both. */
async function calm(): Promise<{ room: number; relay: number }> {
  const [room, relay] = [await open('ChatRoom', SOCKETS), await open('Relay', SOCKETS)];
  const delays = { room: [] as number[], relay: [] as number[] };
  for (let slice = 0; slice < CALM_SLICES; slice++) {
    delays.room.push(...(await room.speak(CALM_MS, CALM_PER_SECOND, 'hello')));
    delays.relay.push(...(await relay.speak(CALM_MS, CALM_PER_SECOND, 'hello')));
  }
  await Promise.all([room.close(), relay.close()]);
  return { room: percentile(delays.room, 99), relay: percentile(delays.relay, 99) };
}

interface Loud {
  p99: number;
  growth: number;
}

/** 99th percentile of the others' delays, and by how much the engine has grown. */
async function loud(paused: boolean): Promise<Loud> {
  const room = await open('ChatRoom', READERS);
  await room.speak(1000, LOUD_PER_SECOND, LOUD_TEXT);
  const before = engine.memory();
  if (paused) room.pauseOne();
  const delays = await room.speak(LOUD_MS, LOUD_PER_SECOND, LOUD_TEXT);
  const growth = engine.memory() - before;
  await room.close();
  return { p99: percentile(delays, 99), growth };
}

async function byTurns<T>(kinds: readonly Kind[], measure: (kind: Kind) => Promise<T>) {
  const results = new Map<Kind, T[]>(kinds.map((kind) => [kind, []]));
  for (let run = 0; run < RUNS; run++) {
    // Each is first in some run.
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[(i + run) % kinds.length] as Kind;
      results.get(kind)?.push(await measure(kind));
      await sleep(200);
    }
  }
  return (kind: Kind) => results.get(kind) ?? [];
}

const show = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(' ');

try {
  await saturated('ChatRoom');
  const rates = await byTurns(['ChatRoom', 'Relay', 'CoalescingRelay'], saturated);
  for (const kind of ['ChatRoom', 'Relay', 'CoalescingRelay'] as const) {
    console.log(`${SOCKETS} sockets, ${kind}, messages/s: ${show(rates(kind))}`);
  }
  const own = median(rates('ChatRoom'));
  const bare = own / median(rates('Relay'));
  const coalescing = own / median(rates('CoalescingRelay'));
  verdict(`${bare.toFixed(2)} of a bare relay, at least 2.5`, bare >= 2.5);
  verdict(`${coalescing.toFixed(2)} of a coalescing relay, at least 0.75`, coalescing >= 0.75);

  const delays: { room: number; relay: number }[] = [];
  for (let run = 0; run < RUNS; run++) delays.push(await calm());
  console.log(
    `${CALM_PER_SECOND} messages/s, room, p99 in ms: ${show(delays.map(({ room }) => room))}`,
  );
  console.log(`${CALM_PER_SECOND} messages/s, relay: ${show(delays.map(({ relay }) => relay))}`);
  const slower = median(delays.map(({ room, relay }) => room / relay));
  verdict(`p99 ${slower.toFixed(2)} of the relay's, at most 1.2`, slower <= 1.2);

  const quiet: Loud[] = [];
  const paused: Loud[] = [];
  await loud(false);
  for (let run = 0; run < RUNS; run++) {
    quiet.push(await loud(false));
    paused.push(await loud(true));
  }
  const mib = ({ growth }: Loud) => growth / 1_048_576;
  const p99 = (each: Loud) => each.p99;
  console.log(`all read: growth in MiB ${show(quiet.map(mib))}, p99 in ms ${show(quiet.map(p99))}`);
  console.log(`one does not: growth ${show(paused.map(mib))}, p99 ${show(paused.map(p99))}`);
  const grown = median(paused.map(mib)) - median(quiet.map(mib));
  verdict(`a paused reader costs ${grown.toFixed(1)} MiB, at most 4`, grown <= 4);
  const delayed = median(paused.map(p99)) / median(quiet.map(p99));
  verdict(`the others' p99 is ${delayed.toFixed(2)} of before, at most 1.2`, delayed <= 1.2);
} finally {
  await engine.kill();
  rmSync(folder, { recursive: true });
}
