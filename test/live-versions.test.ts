/**
 * Edge and live Worker of different versions, over the real engine. There is one version so far, so the others are
 * made of it: with more fields and a higher number, or without what may have been added since.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type LiveEngine, startLiveEngine } from './commands/rooms/live-engine.ts';

const EDGE = '../worker/src/index.ts';
const LIVE = '../worker/live/src/index.ts';

/** In a file of the source, each text that is replaced. */
type Changes = Record<string, readonly (readonly [string, string])[]>;

const NEXT_EDGE: Changes = {
  'src/live/rpc.ts': [['RPC_VERSION = 1', 'RPC_VERSION = 2']],
  'worker/src/rooms.ts': [
    [
      '{ v: RPC_VERSION, room, ...who }',
      '{ v: RPC_VERSION, room, ...who, region: ["x"] } as never',
    ],
    ['.ticket({ room,', '.ticket({ purpose: "x", room,'],
  ],
  'worker/src/lease-calls.ts': [['const request = {', 'const request = { priority: {},']],
};

const PREVIOUS_EDGE: Changes = {
  'worker/src/rooms.ts': [['{ v: RPC_VERSION, room, ...who }', '{ room, ...who } as never']],
  'worker/src/lease-calls.ts': [['unspent, need, want, mirror }', 'need }']],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goblin-versions-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function bundled(name: string, entry: string, changes: Changes = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
    external: ['cloudflare:*'],
    plugins: Object.entries(changes).map(([path, texts]) => changed(path, texts)),
  });
  const file = join(folder, `${name}.js`);
  await writeFile(file, outputFiles[0]?.text ?? '');
  return file;
}

function changed(source: string, texts: Changes[string]): Plugin {
  return {
    name: source,
    setup({ onLoad }) {
      onLoad({ filter: new RegExp(`/${source.replaceAll('.', '\\.')}$`) }, ({ path }) => {
        const contents = texts.reduce(
          (text, [from, to]) => {
            if (!text.includes(from)) throw new Error(`${source} does not have ${from} any more`);
            return text.replace(from, to);
          },
          readFileSync(path, 'utf8'),
        );
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** Somebody who comes by a ticket and says something. @returns the room's frames up to the message */
async function visit({ edgeUrl }: LiveEngine, room: string, token: string): Promise<string[]> {
  const headers = { authorization: `Bearer ${token}` };
  const init = { method: 'POST', headers, body: JSON.stringify({ room }) };
  const response = await fetch(`${edgeUrl}/_goblin/tickets`, init);
  expect(response.status).toBe(201);
  const { ticket } = (await response.json()) as { ticket: string };
  const url = `${edgeUrl?.replace('http', 'ws')}/rooms/${room}?ticket=${ticket}`;
  const socket = new WebSocket(url);
  const frames: string[] = [];
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const heard = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      frames.push(String(data));
      if (String(data).includes('good evening')) resolve();
    });
  });
  // Version 2 is this client's newest; the room goes on in its own.
  socket.send('{"type":"hello","version":2,"client":"c","of_next_version":true}');
  socket.send('{"type":"message","n":1,"text":"good evening"}');
  await heard;
  socket.close();
  return frames;
}

async function passedOf({ edgeUrl }: LiveEngine, count: number): Promise<number> {
  const headers = { 'CF-Connecting-IP': '203.0.113.9' };
  const asking = Array.from({ length: count }, async () => {
    const response = await fetch(`${edgeUrl}/health`, { headers });
    await response.arrayBuffer();
    return response.status;
  });
  return (await Promise.all(asking)).filter((status) => status === 200).length;
}

describe.each([
  ['this edge, the next live Worker', undefined, './live/versions/next.ts'],
  ['this edge, the previous live Worker', undefined, './live/versions/previous.ts'],
  ['the next edge, this live Worker', NEXT_EDGE, LIVE],
  ['the previous edge, this live Worker', PREVIOUS_EDGE, LIVE],
])('%s', (_, changes, entry) => {
  let engine: LiveEngine;
  beforeAll(async () => {
    const [edgeScript, liveScript] = [
      await bundled('edge', EDGE, changes),
      await bundled('live', entry),
    ];
    engine = await startLiveEngine(undefined, { edgeScript, liveScript });
  });
  afterAll(() => engine?.dispose());

  it('tickets, sockets and messages work', async () => {
    const frames = await visit(engine, 'lobby', await engine.logIn('ann'));
    expect(frames.join('\n')).toMatch(/"welcome","version":1,.*\n.*"text":"good evening"/s);
    expect((await engine.goblin('rooms say lobby Hello')).code).toBe(0);
    const shown = await engine.goblin('rooms show lobby -o json');
    expect(shown.json()).toMatchObject({ room: 'lobby', messages: 2 });
  });

  it('lets exactly 100 requests pass', async () => {
    expect(await passedOf(engine, 130)).toBe(100);
  });

  it('lists rooms, or says that the other side cannot', async () => {
    const { code, stdout, stderr } = await engine.goblin('rooms list -o json');
    if (entry.includes('previous')) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('"code":"live_unavailable"');
    } else expect(JSON.parse(stdout)).toMatchObject([{ room: 'lobby' }]);
  });
});
