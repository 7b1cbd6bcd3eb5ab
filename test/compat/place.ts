/** The installed goblin and the newest wrangler, both run by the newest Node, in a folder of a Worker. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { wranglerIn } from '../wrangler.ts';

const TOOLS = process.env.GOBLIN_COMPAT_TOOLS ?? '';
if (TOOLS === '') throw new Error('`npm run test:compat` starts this suite');

const installed = (path: string) => join(TOOLS, 'node_modules', path);
export const NODE = installed('node/bin/node');
const GOBLIN = installed('goblin-cli/bin/goblin.js');
export const WRANGLER = installed('wrangler/bin/wrangler.js');
const CONFIG = fileURLToPath(new URL('../../worker/wrangler.toml', import.meta.url));

/** The binding of the wrangler file, which gives it no id: locally the name is the id. */
export const BINDING = 'GOBLIN_KV';

export interface Place {
  folder: string;
  /** `goblin … --local`, with text for its stdin; what it prints, byte for byte. */
  goblin(args: readonly string[], stdin?: string): Promise<Buffer>;
  /** wrangler on the files of this folder's state. */
  wrangler(...args: string[]): Promise<Buffer>;
  remove(): Promise<void>;
}

/** A folder with a wrangler file and an empty state, which is the home of its programs as well. */
export async function newPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'goblin-compat-'));
  await cp(CONFIG, join(folder, 'wrangler.toml'));
  return {
    folder,
    goblin: (args, stdin) => goblinIn(folder, args, stdin),
    wrangler: wranglerIn({ folder, command: [NODE, WRANGLER] }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export const environment = (folder: string) => ({ PATH: process.env.PATH, HOME: folder });

function goblinIn(folder: string, args: readonly string[], stdin = ''): Promise<Buffer> {
  const options = {
    cwd: folder,
    env: environment(folder),
    encoding: 'buffer' as const,
    maxBuffer: 2 ** 26,
  };
  return new Promise((resolve, reject) => {
    const child = execFile(NODE, [GOBLIN, ...args, '--local'], options, (error, stdout, stderr) => {
      if (error) reject(new Error(`goblin ${args.join(' ')}: ${stdout}${stderr}`));
      else resolve(stdout);
    });
    child.stdin?.end(stdin);
  });
}

export interface Served {
  /** wrangler with the local API in Cloudflare's place. */
  wrangler(...args: string[]): Promise<Buffer>;
  stop(): Promise<void>;
}

/** Runs `goblin dev` in the place until it is stopped. */
export async function serve({ folder }: Place): Promise<Served> {
  const args = [GOBLIN, 'dev', '--port', '0', '-o', 'ndjson'];
  const child = spawn(NODE, args, { cwd: folder, env: environment(folder), stdio: 'pipe' });
  const said = text(child.stderr);
  const ended = once(child, 'exit');
  const failed = ended.then(async ([code]) => {
    throw new Error(`goblin dev ended with ${code}: ${await said}`);
  });
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), failed]);
  failed.catch(() => {});
  const env = {
    CLOUDFLARE_API_BASE_URL: JSON.parse(line).api_url,
    CLOUDFLARE_API_TOKEN: await tokenIn(folder),
  };
  return {
    wrangler: wranglerIn({ folder, command: [NODE, WRANGLER], env }),
    stop: async () => {
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** The API's token, out of the record that the running engine keeps for other commands. */
async function tokenIn(folder: string): Promise<string> {
  const root = join(folder, '.wrangler');
  const files = await readdir(root, { recursive: true });
  const record = files.find((file) => file.endsWith('engine.json'));
  if (record === undefined) throw new Error(`no record of an engine in ${root}`);
  return JSON.parse(await readFile(join(root, record), 'utf8')).token;
}

/** `work` for every item, a few at a time, for each starts a program. All have ended when it rejects. */
export async function forEach<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  const ends = await Promise.allSettled([worker(), worker(), worker()]);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}
