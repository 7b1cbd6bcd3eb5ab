/**
 * The lock of a state folder: one engine at a time, because two workerd on the same SQLite files fail each
 * other's writes. The kernel holds it, on an open file: a paused process keeps it however long the pause, a
 * killed one loses it at once, and nothing stale is ever left to clear away. The file itself stays.
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { GoblinError } from '../contract/errors.ts';
import { isAlive } from './record.ts';

export interface Lock {
  /** The locked file. A child process that inherits it holds the lock, too, until it ends. */
  readonly fd: number;
  /** Whether the locked file is still the one at its path. It is not after the state folder was removed. */
  isInPlace(): boolean;
  release(): void;
}

/** Waits for the lock. Aborting the signal ends the wait, and rejects. */
export async function takeLock(file: string, signal: AbortSignal): Promise<Lock> {
  for (;;) {
    mkdirSync(dirname(file), { recursive: true });
    const fd = await openLocked(file, signal);
    if (isAt(fd, file)) return lockOn(fd, file);
    // The folder was removed during the wait, so this lock protects nothing any more.
    closeSync(fd);
  }
}

/** The process that holds the lock, as it says itself; null where it does not, or has ended. */
export function lockHolder(file: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 && isAlive(pid) ? pid : null;
  } catch {
    return null;
  }
}

function lockOn(fd: number, file: string): Lock {
  sign(fd, `${process.pid}\n`);
  return {
    fd,
    isInPlace: () => isAt(fd, file),
    release: () => {
      sign(fd, '');
      closeSync(fd);
    },
  };
}

/** Writes who holds the lock. Only waiting processes show it, so a full disk does not matter. */
function sign(fd: number, name: string): void {
  try {
    ftruncateSync(fd);
    writeSync(fd, name, 0);
  } catch {
    // The lock holds without.
  }
}

function isAt(fd: number, file: string): boolean {
  try {
    const [mine, there] = [fstatSync(fd), statSync(file)];
    return mine.ino === there.ino && mine.dev === there.dev;
  } catch {
    return false;
  }
}

const openLocked = process.platform === 'linux' ? lockByProgram : lockByFlag;

/**
 * Linux locks open files by flock(2), which Node does not offer. The program of that name locks a file that
 * it inherits, and the lock stays with the file here when the program ends.
 */
async function lockByProgram(file: string, signal: AbortSignal): Promise<number> {
  const fd = openSync(file, 'a+', 0o600);
  try {
    await flock(fd, signal);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

async function flock(fd: number, signal: AbortSignal): Promise<void> {
  const child = spawn('flock', ['-x', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    // Ctrl-C must reach this process only, which ends the wait itself.
    detached: true,
    env: { PATH: `${process.env.PATH ?? ''}:/usr/bin:/bin` },
    signal,
  });
  const said = child.stderr ? text(child.stderr) : '';
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.once('error', (error) => reject(isMissing(error) ? noFlock(error) : error));
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  if (code !== 0) throw lockFailed((await said).trim() || `flock ended with ${code}`);
}

const isMissing = (error: Error) =>
  ['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');

function noFlock(cause: Error): GoblinError {
  const message = 'cannot lock the state folder: the program flock is not installed';
  return new GoblinError('failed', 'no_flock', message, { hint: 'Install util-linux.', cause });
}

function lockFailed(why: string): GoblinError {
  return new GoblinError('failed', 'lock_failed', `cannot lock the state folder: ${why}`, {
    hint: 'Its file system may not support locks; choose a local one with --persist-to.',
  });
}

/** O_EXLOCK of macOS and the BSDs, and what libuv calls so on Windows: an open file that is locked from the start. */
const EXCLUSIVE =
  process.platform === 'win32' ? 0x1000_0000 : 0x20 | (constants.O_NONBLOCK as number);
const HELD = new Set(['EAGAIN', 'EWOULDBLOCK', 'EBUSY']);

async function lockByFlag(file: string, signal: AbortSignal): Promise<number> {
  for (;;) {
    try {
      return openSync(file, constants.O_RDWR | constants.O_CREAT | EXCLUSIVE, 0o600);
    } catch (error) {
      if (!HELD.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    await sleep(20 + Math.random() * 30, undefined, { signal });
  }
}
