/**
 * Watches the workerd process: what it prints, and when it ends. A watchdog ends it when this process dies.
 * workerd would outlive a parent that is killed outright, and keep its port and its memory. So each one gets
 * a shell that waits on a pipe held open by this process. The pipe breaks when this process dies, however it
 * dies, and the shell then kills workerd. The watchdog holds the lock of the state as well, so that nobody
 * starts an engine on it before that is done. Windows has no such shell; there an idle orphan stays until it
 * is ended by hand.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type ChildProcess, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { basename } from 'node:path';
import { nextTick } from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { parseLogLine } from './request-log.ts';

const WAIT_THEN_KILL = 'read -r line || kill -9 "$1"';

export interface Watch {
  /** A file that the watchdogs hold open. */
  lockFd: number | undefined;
  /** Called when a workerd has ended or could not be started, and by what. */
  onEnd(by: string, pid: number | undefined): void;
}

/**
 * Watches every workerd that is started by what `start` starts, until the returned function is called; it
 * resolves when the watchdogs have ended. Miniflare does not expose its child, so Node's own channel reports
 * it, and the asynchronous context says whose child it is.
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
    // The message comes before spawn() has set the child's file and its pid, which it does before the next tick.
    nextTick(() => {
      if (!isWorkerd(child)) return;
      reportEnd(child, watch);
      if (child.pid) watchdogs.push(...startWatchdog(child.pid, watch.lockFd));
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

function reportEnd(child: ChildProcess, { onEnd }: Watch): void {
  child.once('exit', (code, signal) => onEnd(signal ?? `exit code ${code}`, child.pid));
  child.once('error', (error) => {
    onEnd(error.message, child.pid);
    if (child.pid === undefined) endForMiniflare(child, error);
  });
}

/** Miniflare waits forever for a program that could not be started, unless these events are emitted. */
function endForMiniflare(child: ChildProcess, error: Error): void {
  child.emit('exit', null, null);
  if (child.stdin?.listenerCount('error')) child.stdin.emit('error', error);
}

function startWatchdog(pid: number, lockFd: number | undefined): ChildProcess[] {
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

/** Without a watchdog workerd still runs; it only outlives a parent that is killed. */
function ignore(): void {}

/** How many of the last lines are kept for an error's message, and how many characters of each. */
const KEPT = 5;
const LINE_LENGTH = 300;

export interface RuntimeLog {
  /** Reads workerd's two streams. */
  read(stdout: Readable, stderr: Readable): void;
  /** The last lines that say something. */
  lastLines(): readonly string[];
  /** Resolves when everything has been read that workerd printed. */
  drained(): Promise<void>;
}

/** Hands each line that workerd prints to `onLog`, and keeps the last ones. */
export function runtimeLog(onLog: (line: string) => void = () => {}): RuntimeLog {
  const kept: string[] = [];
  let reading: Promise<unknown> = Promise.resolve();
  const keep = (line: string) => {
    onLog(line);
    if (isAddresses(line) || parseLogLine(line)) return;
    kept.push(line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}…` : line);
    if (kept.length > KEPT) kept.shift();
  };
  return {
    read: (...streams) => {
      for (const input of streams) createInterface({ input }).on('line', keep);
      reading = Promise.allSettled(streams.map((stream) => finished(stream)));
    },
    lastLines: () => [...kept],
    drained: async () => void (await reading),
  };
}

/** After an error, workerd prints a line of code addresses, which are of no use to an operator. */
function isAddresses(line: string): boolean {
  return line.trim() === '' || line.startsWith('stack: ');
}
