/**
 * One engine at a time on one state: two workerd on the same SQLite files answer each other's writes with
 * errors. A lock is a folder of tickets, each named for its process, so that clearing away the ticket of a
 * dead one can never hit that of a living one.
 */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** A ticket is touched this often, and holds nothing once it was left alone this long. */
const TOUCH_MS = 2_000;
const STALE_MS = 15_000;

const mine = new Set<string>();

export interface Lock {
  release(): void;
}

/**
 * Takes the lock, or returns null while a living process has it. First comes the ticket, then the look at
 * the others: of two that try at once, at least the later one sees the other and steps back.
 */
export function tryLock(folder: string): Lock | null {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (holders(folder).length > 0) return null;
  const name = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const file = join(folder, name);
  writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
  mine.add(name);
  if (holders(folder).some((other) => other !== name)) {
    drop(file, name);
    return null;
  }
  const timer = setInterval(() => touch(file), TOUCH_MS);
  timer.unref();
  return {
    release: () => {
      clearInterval(timer);
      drop(file, name);
    },
  };
}

/** The process that has the lock, or null. */
export function lockHolder(folder: string): number | null {
  const [name] = holders(folder);
  return name === undefined ? null : Number.parseInt(name, 10);
}

/** Tickets of living processes; those of dead ones are cleared away. */
function holders(folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => {
    const file = join(folder, name);
    if (isHeld(name, file)) return true;
    rmSync(file, { force: true });
    return false;
  });
}

/** A process id is soon given to another process, in a container above all: hence the age as well. */
function isHeld(name: string, file: string): boolean {
  const pid = Number.parseInt(name, 10);
  if (pid === process.pid) return mine.has(name);
  const touched = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return isAlive(pid) && Date.now() - touched < STALE_MS;
}

/** Whether a process with this id exists, whoever owns it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // The folder was removed under us: nothing is left to hold.
  }
}

function drop(file: string, name: string): void {
  rmSync(file, { force: true });
  mine.delete(name);
}
