/** Whole processes against the same API: goblin as it is built, and wrangler. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export const NAMESPACE = '0123456789abcdef0123456789abcdef';

export interface Place {
  /** Ends with `/client/v4`. */
  apiUrl: string;
  token: string;
  /** Working folder and home: no configuration of this machine takes part. */
  folder: string;
  /** Further variables of the processes. */
  env?: NodeJS.ProcessEnv;
}

export interface Timed {
  ms: number;
  stdout: string;
}

const GOBLIN = join(ROOT, 'bin/goblin.js');
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');

export const goblin = (place: Place, args: readonly string[]): Promise<Timed> =>
  timed(place, [GOBLIN, ...args, '--remote', '--namespace-id', NAMESPACE]);

/** `wrangler kv …`; `filter`, a script for `node -e`, gets its output as a pipe would. */
export const wranglerKv = (
  place: Place,
  args: readonly string[],
  filter?: string,
): Promise<Timed> =>
  timed(place, [WRANGLER, 'kv', ...args, '--remote', '--namespace-id', NAMESPACE], filter);

async function timed(place: Place, args: readonly string[], filter?: string): Promise<Timed> {
  const options = { cwd: place.folder, env: environment(place) };
  const began = performance.now();
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = succeeded(child, args);
  if (filter === undefined) {
    const [stdout] = await Promise.all([text(child.stdout), exit]);
    return { ms: performance.now() - began, stdout };
  }
  const end = spawn(process.execPath, ['-e', filter], { ...options, stdio: 'pipe' });
  child.stdout.pipe(end.stdin);
  const [stdout] = await Promise.all([text(end.stdout), exit, succeeded(end, ['the filter'])]);
  return { ms: performance.now() - began, stdout };
}

function environment({ apiUrl, token, folder, env }: Place): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    CI: '1',
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_API_BASE_URL: apiUrl,
    CLOUDFLARE_API_TOKEN: token,
    CLOUDFLARE_ACCOUNT_ID: NAMESPACE,
    ...env,
  };
}

async function succeeded(child: ReturnType<typeof spawn>, args: readonly string[]): Promise<void> {
  const stderr = child.stderr ? text(child.stderr) : '';
  const [code] = await once(child, 'close');
  if (code === 0) return;
  const message = `${args.join(' ')} ended with ${code}: ${await stderr}`;
  throw Object.assign(new Error(message), { exitCode: Number(code) });
}

/** The exit code of a run that may fail. */
export async function outcome(run: () => Promise<unknown>): Promise<number> {
  try {
    await run();
    return 0;
  } catch (error) {
    if (error instanceof Error && 'exitCode' in error) return Number(error.exitCode);
    throw error;
  }
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) all += chunk;
  return all;
}
