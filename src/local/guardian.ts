/**
 * workerd outlives a parent that is killed outright, and would keep its port and its memory for ever. So
 * each one gets a guardian: a shell that waits on a pipe held open by this process. The pipe breaks when
 * this process dies, however it dies, and the shell then ends workerd. Windows has no such shell; there an
 * orphan stays until it is ended by hand, idle and in nobody's way.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { basename } from 'node:path';
import { nextTick } from 'node:process';

const WAIT_THEN_KILL = 'read -r line || kill -9 "$1"';

/**
 * Guards every workerd that this process starts from now on, until the returned function is called (after
 * which they are no longer killed). Miniflare keeps its child to itself, so Node's own channel tells of it.
 */
export function guardWorkerd(): () => void {
  const guardians: ChildProcess[] = [];
  // The channel speaks before the child has its pid, which spawn() sets before the next tick.
  const onSpawn = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess };
    nextTick(() => {
      if (isWorkerd(child) && child.pid) guardians.push(...guard(child.pid));
    });
  };
  subscribe('child_process', onSpawn);
  return () => {
    unsubscribe('child_process', onSpawn);
    for (const guardian of guardians) guardian.stdin?.end('done\n');
  };
}

function isWorkerd(child: ChildProcess): boolean {
  return basename(child.spawnfile).startsWith('workerd');
}

function guard(pid: number): ChildProcess[] {
  if (process.platform === 'win32') return [];
  const guardian = spawn('/bin/sh', ['-c', WAIT_THEN_KILL, 'goblin-guardian', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guardian.unref();
  (guardian.stdin as Socket).unref();
  guardian.on('error', ignore);
  guardian.stdin?.on('error', ignore);
  return [guardian];
}

/** A guardian that could not start or ended early only means that nobody watches. */
function ignore(): void {}
