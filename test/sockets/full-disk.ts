/**
 * `full-disk.ts <folder>`: a conversation on a small disk that is full for a while. Prints what came of it as
 * JSON; needs a disk of its own, of some megabytes.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRoomEngine } from '../../bench/room-engine.ts';
import { holds, LiveClient } from './live-client.ts';

const MESSAGES = 60;
const folder = process.argv[2] as string;

const engine = await startRoomEngine(folder, { ROOM_FRAMES_PER_SECOND: '100000' });
const url = () => `ws://127.0.0.1:${engine.port}/ChatRoom/lobby`;
const client = new LiveClient({ url, id: 'a' });
await holds(() => client.core.epoch !== undefined);
client.say('first');
await holds(() => client.acknowledged.length === 1);

const fillers = fillDisk();
for (let i = 1; i <= MESSAGES; i++) client.say(`${i} ${'x'.repeat(3900)}`);
// The first refusal, or the end of the socket: either way the client tries again.
await holds(() => client.troubles > 0);
const whileFull = client.acknowledged.length;
for (const filler of fillers) rmSync(filler);
await holds(() => client.core.pending.length === 0);
const stored = client.got.map(({ text }) => text.split(' ')[0]);
process.stdout.write(`${JSON.stringify({ whileFull, stored })}\n`);
client.stop();
await engine.kill();

/** Files that take all the room there is. */
function fillDisk(): string[] {
  const files: string[] = [];
  for (;;) {
    const file = join(folder, `filler-${files.length}`);
    files.push(file);
    try {
      writeFileSync(file, Buffer.alloc(4096));
    } catch {
      return files;
    }
  }
}
