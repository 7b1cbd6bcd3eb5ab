/**
 * Watches over workerd, in both directions: this process hears when workerd ends, and workerd ends with this
 * process. It would outlive a parent that is killed outright and keep its port and its memory for ever, so
 * each one gets a watchdog: a shell that waits on a pipe held open by this process. The pipe breaks when
 * this process dies, however it dies, and the shell then kills workerd. The watchdog holds the lock of the
 * state as well, so that nobody starts an engine on it before that is done. Windows has no such shell; there
 * an orphan stays until it is ended by hand, idle.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type ChildProcess, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { basename } from 'node:path';
import { nextTick } from 'node:process';

const WAIT_THEN_KILL = 'read -r line || kill -9 "$1"';

export interface Watch {
  /** A file that the watchdogs hold open. */
  lockFd: number | undefined;
  /** Told when a workerd has ended or could not be started, and by what. */
  onEnd(by: string, pid: number | undefined): void;
}

/**
 * Watches every workerd that is started by what `start` starts, until the returned function is called; it
 * resolves when the watchdogs have ended. Miniflare keeps its child to itself, so Node's own channel tells
 * of it, and the asynchronous context whose child it is.
 */
export function watchWorkerd<Started>(
  watch: Watch,
  start: () => Started,
): { started: Started; release: () => Promise<void> } {
  const watchdogs: ChildProcess[] = [];
  const ours = new AsyncLocalStorage<true>();
  const onSpawn = (message: unknown) => {
    if (!ours.getStore()) return;
    const { process: child } = message as { process: ChildProcess };
    // The channel speaks before spawn() has set the child's file and its pid, which it does before the next tick.
    nextTick(() => {
      if (!isWorkerd(child)) return;
      tellEnd(child, watch);
      if (child.pid) watchdogs.push(...guard(child.pid, watch.lockFd));
    });
  };
  subscribe('child_process', onSpawn);
  const release = async () => {
    unsubscribe('child_process', onSpawn);
    await Promise.all(watchdogs.map(dismiss));
  };
  return { started: ours.run(true, start), release };
}

function isWorkerd({ spawnfile }: ChildProcess): boolean {
  const { MINIFLARE_WORKERD_PATH } = process.env;
  return spawnfile === MINIFLARE_WORKERD_PATH || basename(spawnfile).startsWith('workerd');
}

function tellEnd(child: ChildProcess, { onEnd }: Watch): void {
  child.once('exit', (code, signal) => onEnd(signal ?? `exit code ${code}`, child.pid));
  child.once('error', (error) => {
    onEnd(error.message, child.pid);
    if (child.pid === undefined) tellMiniflare(child, error);
  });
}

/** Miniflare waits for ever for a program that could not be started, unless it hears of these. */
function tellMiniflare(child: ChildProcess, error: Error): void {
  child.emit('exit', null, null);
  if (child.stdin?.listenerCount('error')) child.stdin.emit('error', error);
}

function guard(pid: number, lockFd: number | undefined): ChildProcess[] {
  if (process.platform === 'win32') return [];
  const watchdog = spawn('/bin/sh', ['-c', WAIT_THEN_KILL, 'goblin-watchdog', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore', ...(lockFd === undefined ? [] : [lockFd])],
    detached: true,
  });
  watchdog.unref();
  (watchdog.stdin as Socket).unref();
  watchdog.on('error', ignore);
  watchdog.stdin?.on('error', ignore);
  return [watchdog];
}

/** Lets a watchdog end without killing anything, and waits until it has. */
function dismiss(watchdog: ChildProcess): Promise<void> {
  if (watchdog.pid === undefined || watchdog.exitCode !== null || watchdog.signalCode !== null)
    return Promise.resolve();
  return new Promise((resolve) => {
    watchdog.once('exit', () => resolve());
    watchdog.ref();
    watchdog.stdin?.end('done\n');
  });
}

/** A watchdog that could not start or ended early only means that nobody watches. */
function ignore(): void {}
