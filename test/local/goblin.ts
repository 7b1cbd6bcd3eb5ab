/** goblin as a user runs it: the built command, in processes of its own. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gone, workerdOf } from './process.ts';

const GOBLIN = fileURLToPath(new URL('../../bin/goblin.js', import.meta.url));
const WRANGLER_FILE = fileURLToPath(new URL('../../worker/wrangler.toml', import.meta.url));

/** The words of a local command on a state, with the wrangler file of `worker/` unless they name one. */
export const command = (stateDir: string, ...words: string[]) => [
  process.execPath,
  GOBLIN,
  ...words,
  '--local',
  ...(words.includes('--config') ? [] : ['--config', WRANGLER_FILE]),
  '--persist-to',
  stateDir,
];

export interface Ended {
  /** The exit code, or the signal that ended it. */
  code: number | string | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  pid: number;
  stdin: NodeJS.WritableStream;
  /** Resolves when the text that it has printed on stderr or stdout fits, and rejects when it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<Ended>;
}

const running = new Set<number>();

/** Ends whatever a test has left, each with its workerd. */
export async function endAll(): Promise<void> {
  for (const pid of running) {
    const children = workerdOf(pid);
    for (const each of [pid, ...children]) process.kill(each, 'SIGKILL');
    await Promise.all(children.map(gone));
  }
}

/** Starts a program, by default with a group of its own, which gets the signals of a terminal. */
export function run([file = '', ...args]: string[], env: NodeJS.ProcessEnv = {}): Running {
  const { CLOUDFLARE_API_TOKEN, ...rest } = process.env;
  const child = spawn(file, args, { stdio: 'pipe', detached: true, env: { ...rest, ...env } });
  const pid = child.pid as number;
  running.add(pid);
  let printed = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += chunk;
      for (const look of waiting) look();
    });
  }
  const exit = new Promise<number | string | null>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(pid);
      resolve(code ?? signal);
    });
  });
  const output = Promise.all([exit, text(child.stdout), text(child.stderr)]);
  return {
    pid,
    stdin: child.stdin,
    ended: output.then(([code, stdout, stderr]) => ({ code, stdout, stderr })),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(printed);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void exit.then((code) => reject(new Error(`ended with ${code} before: ${printed}`)));
      }),
  };
}

/** Runs a local command to its end. */
export const goblin = (stateDir: string, ...words: string[]): Promise<Ended> => {
  const { stdin, ended } = run(command(stateDir, ...words));
  stdin.end();
  return ended;
};

export interface Dev extends Running {
  edgeUrl: string;
  apiUrl: string;
  workerd: number;
}

/** `goblin dev` on a state, once it serves. */
export async function dev(stateDir: string, ...words: string[]): Promise<Dev> {
  const process = run(command(stateDir, 'dev', '--port', '0', '-o', 'ndjson', ...words));
  const [line] = await process.says(/\{"edge_url".*\}\n/);
  const { edge_url: edgeUrl, api_url: apiUrl } = JSON.parse(line);
  const [workerd = 0] = workerdOf(process.pid);
  return { ...process, edgeUrl, apiUrl, workerd };
}
