import { main } from '../src/main.ts';
import type { TestEngine } from './engine.ts';
import { type FakeIoOptions, fakeIo } from './io.ts';

export interface RunOptions extends FakeIoOptions {
  /** The engine that stands for Cloudflare; its first namespace is the one in use. */
  engine?: TestEngine;
  /** Milliseconds since 1970, the same all through or asked each time; else the real time. */
  now?: number | (() => number);
  /** In place of the network. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Told instead of sleeping, which takes no time. */
  onSleep?: (ms: number) => unknown;
  signal?: AbortSignal;
  /** In place of deadlines, which never come. */
  deadline?: (ms: number) => AbortSignal;
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  /** stdout as JSON. */
  json(): unknown;
}

const ACCOUNT = '0123456789abcdef0123456789abcdef';

/** Runs a command line in this process: `run('ratelimit list -o json', { engine })`. */
export async function run(
  line: string | readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const { engine, now, onSleep, ...rest } = options;
  const argv = [...(typeof line === 'string' ? words(line) : line)];
  const env = { ...(engine ? remoteEnv(engine) : {}), ...options.env };
  if (engine && !argv.includes('--namespace-id')) argv.unshift('--namespace-id', engine.namespace);
  const io = fakeIo({ ...rest, env });
  const code = await main(argv, {
    io,
    signal: options.signal ?? new AbortController().signal,
    now: typeof now === 'number' ? () => now : (now ?? Date.now),
    sleep: async (ms) => void (await onSleep?.(ms)),
    random: () => 0,
    deadline: options.deadline ?? (() => new AbortController().signal),
    fetch: options.fetch ?? fetch,
  });
  const stdout = io.stdout.text;
  return { code, stdout, stderr: io.stderr.text, json: () => JSON.parse(stdout) };
}

/** The variables that make an engine the remote target. */
export function remoteEnv(engine: TestEngine): Record<string, string> {
  return {
    CLOUDFLARE_API_BASE_URL: engine.apiUrl,
    CLOUDFLARE_API_TOKEN: engine.token,
    CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
  };
}

/** Splits as a shell does, as far as tests need: blanks, and single or double quotes around words. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}
