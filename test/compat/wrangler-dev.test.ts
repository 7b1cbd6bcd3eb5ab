/** `wrangler dev` with both Workers, the edge's bindings to the live one taken out of their comments. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { environment, NODE, newPlace, type Place, WRANGLER } from './place.ts';

const ADMIN_TOKEN = 'correct-horse-battery-staple';
const WORKERS = fileURLToPath(new URL('../../worker/', import.meta.url));

let place: Place;
let child: ChildProcess;
let edge: string;
beforeAll(async () => {
  place = await newPlace();
  const files = [
    await configured('wrangler.toml', ''),
    await configured('live/wrangler.toml', 'live/'),
  ];
  const flags = ['--ip', '127.0.0.1', '--port', '0', '--inspector-port', '0', '--var'];
  const args = ['dev', ...files.flatMap((file) => ['-c', file]), ...flags];
  child = spawn(NODE, [WRANGLER, ...args, `ADMIN_TOKEN:${ADMIN_TOKEN}`], {
    cwd: place.folder,
    env: { ...environment(place.folder), CI: '1', WRANGLER_SEND_METRICS: 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  edge = await addressOf(child);
});
afterAll(async () => {
  if (child?.pid !== undefined && child.exitCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
  }
  await place?.remove();
});

/** A configuration of the repository with the whole path of its entry. @returns the file's name */
async function configured(path: string, folder: string): Promise<string> {
  const toml = await readFile(join(WORKERS, path), 'utf8');
  const entry = JSON.stringify(join(WORKERS, folder, 'src/index.ts'));
  const name = path.replace('/', '-');
  await writeFile(join(place.folder, name), bound(toml).replace('"src/index.ts"', entry));
  return name;
}

/** Takes the live Worker's bindings out of their comments. */
function bound(toml: string): string {
  const from = toml.indexOf('# [[durable_objects.bindings]]');
  if (from < 0) return toml;
  const rest = toml.slice(from);
  const end = rest.search(/\n(?!#)/);
  return toml.slice(0, from) + rest.slice(0, end).replace(/^# ?/gm, '') + rest.slice(end);
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('wrangler has no stdout');
  let said = '';
  for await (const line of createInterface({ input: stdout })) {
    said += `${line}\n`;
    const [, url] = /Ready on (http:\S+)/.exec(line) ?? [];
    if (url) return url;
  }
  throw new Error(`wrangler dev ended before it served: ${said}`);
}

async function admin(method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${edge}/_goblin/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.json();
}

it('keeps what is said in a room, and lists it', async () => {
  expect(await admin('POST', 'rooms/lobby/say', { text: 'hello' })).toMatchObject({ seq: 1 });
  expect(await admin('GET', 'rooms/lobby/history')).toMatchObject({
    messages: [{ text: 'hello' }],
  });
  await expect
    .poll(() => admin('GET', 'rooms'), { timeout: 10_000 })
    .toMatchObject({ rooms: [{ room: 'lobby' }] });
});

it('lets exactly 100 requests of an address pass', async () => {
  const asking = Array.from({ length: 130 }, async () => {
    const response = await fetch(`${edge}/_goblin/nothing`);
    await response.arrayBuffer();
    return response.status;
  });
  const refused = (await Promise.all(asking)).filter((status) => status === 429);
  expect(refused).toHaveLength(30);
});
