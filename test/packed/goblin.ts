/**
 * Runs the installed package in a bare home: nothing in the environment but what a test says, and on PATH
 * only the Node under test and what the system has.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type IPty, spawn as spawnTerminal } from '@lydell/node-pty';
import { afterAll, inject } from 'vitest';
import type { MemoryApi } from '../memory-server.ts';

export const GOBLIN = inject('goblin');
export const NAMESPACE = '0123456789abcdef0123456789abcdef';
export const TOKEN = 'packed-api-token';

export interface RunOptions {
  /** Beside PATH, HOME and, on a terminal, TERM. */
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string | Uint8Array;
}

export interface Ran {
  /** The exit code; null where a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
  bytes: Buffer;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder until the tests of the file have run. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'goblin-home-'));
  folders.push(folder);
  return folder;
}

const home = emptyFolder();
const nowhere = emptyFolder();

/** The variables that make an API the remote target. */
export function target({ apiUrl }: Pick<MemoryApi, 'apiUrl'>): Record<string, string> {
  return {
    CLOUDFLARE_API_BASE_URL: apiUrl,
    CLOUDFLARE_API_TOKEN: TOKEN,
    CLOUDFLARE_ACCOUNT_ID: NAMESPACE,
  };
}

function surroundings({ env = {}, cwd = nowhere }: RunOptions) {
  const path = `${inject('nodeFolder')}:/usr/bin:/bin`;
  return { cwd, env: { PATH: path, HOME: home, ...env } };
}

/** Starts a command line; words are split at blanks. */
export function start(line: string | readonly string[], options: RunOptions = {}) {
  return spawn(GOBLIN, wordsOf(line), { ...surroundings(options), stdio: 'pipe' });
}

/** Runs a command line to its end. */
export async function goblin(
  line: string | readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const child = start(line, options);
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  return finish(child);
}

/** What a process says until its end. */
export async function finish(child: ReturnType<typeof start>): Promise<Ran> {
  const [chunks, stderr, [code]] = await Promise.all([
    child.stdout.toArray(),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  const bytes = Buffer.concat(chunks);
  return { code, bytes, stdout: bytes.toString(), stderr };
}

export interface Terminal {
  /** All that it has shown, without its colours and cursor movements. */
  shown(): string;
  /** The same as it came. */
  raw(): string;
  /** Waits until it shows this. */
  until(what: RegExp): Promise<void>;
  type(keys: string): void;
  /** Waits for its end. @returns the exit code */
  end(): Promise<number>;
}

/** Runs a command line on a terminal of 100 columns. */
export function terminal(line: string | readonly string[], options: RunOptions = {}): Terminal {
  const { cwd, env } = surroundings({ ...options, env: { TERM: 'xterm', ...options.env } });
  const pty: IPty = spawnTerminal(GOBLIN, wordsOf(line), { cols: 100, rows: 30, cwd, env });
  let raw = '';
  const shown = () => raw.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '');
  const watching = new Set<() => void>();
  const changed = () => {
    for (const look of watching) look();
  };
  let code: number | undefined;
  pty.onData((data) => {
    raw += data;
    changed();
  });
  pty.onExit(({ exitCode }) => {
    code = exitCode;
    changed();
  });
  const wait = <T>(look: () => T | undefined) =>
    new Promise<T>((resolve) => {
      const check = () => {
        const found = look();
        if (found === undefined) return;
        watching.delete(check);
        resolve(found);
      };
      watching.add(check);
      check();
    });
  return {
    shown,
    raw: () => raw,
    type: (keys) => pty.write(keys),
    end: () => wait(() => code),
    async until(what) {
      const ended = await wait(() =>
        what.test(shown()) ? false : code === undefined ? undefined : true,
      );
      if (ended) throw new Error(`it ended without ${what}: ${shown()}`);
    },
  };
}

/** The major version of the Node under test. */
export function nodeVersion(): number {
  const node = join(inject('nodeFolder'), 'node');
  return Number.parseInt(
    execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }),
    10,
  );
}

function wordsOf(line: string | readonly string[]): string[] {
  return typeof line === 'string' ? line.split(' ') : [...line];
}
