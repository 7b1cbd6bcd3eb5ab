import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AttachOptions, LocalApi } from '../../src/local/attach.ts';

const SCRIPT = fileURLToPath(new URL('engine-process.ts', import.meta.url));

export interface EngineProcess {
  child: ChildProcess;
  /** What it got, once it has it. */
  api: Promise<LocalApi & { pid: number }>;
  /** The first line it writes to stderr. */
  firstNote: Promise<string>;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string | null>;
}

/** Another goblin on the same machine, as far as the engine is concerned. */
export function startProcess(options: AttachOptions): EngineProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, JSON.stringify(options)], {
    stdio: 'pipe',
  });
  return {
    child,
    api: firstLine(child.stdout).then((line) => JSON.parse(line)),
    firstNote: firstLine(child.stderr),
    ended: new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(code ?? signal));
    }),
  };
}

/** The next line that comes, and what follows it on the same stream is dropped. */
export function firstLine(input: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input });
  return new Promise((resolve) => lines.once('line', resolve));
}

/** The living workerd processes whose parent is `pid`, as Linux tells it. */
export function workerdOf(pid: number): number[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map(Number).filter((child) => {
    const [, name, state, parent] = statOf(child);
    return name === 'workerd' && state !== 'Z' && Number(parent) === pid;
  });
}

/** The loopback ports on which these processes listen, as Linux tells it. */
export function listeningPorts(pids: readonly number[]): number[] {
  const sockets = new Set(pids.flatMap(openFiles));
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
    const [address, port = ''] = local.split(':');
    const listens = state === '0A' && address === '0100007F';
    return listens && sockets.has(`socket:[${inode}]`) ? [Number.parseInt(port, 16)] : [];
  });
}

function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

/** Resolves once the process has ended, whether or not its parent has taken notice. */
export async function gone(pid: number): Promise<void> {
  while (!['Z', undefined].includes(statOf(pid)[2])) await sleep(10);
}

/** Resolves once the process is stopped by a signal. */
export async function paused(pid: number): Promise<void> {
  while (statOf(pid)[2] !== 'T') await sleep(10);
}

/** Name, state and parent of a process, nothing where there is none. */
function statOf(pid: number): readonly string[] {
  try {
    return /^\d+ \((.+)\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  } catch {
    return [];
  }
}
