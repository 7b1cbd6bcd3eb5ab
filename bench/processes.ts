/** Whole processes, and what each costs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Node cannot tell what a child cost; bash can, to a millisecond. */
const TIMED = 'TIMEFORMAT="%U %S"; exec 3>&2 2>&4; time "$@" 2>&3';

/**
 * Runs a program once, in an empty home, so that nothing that an earlier run has left helps it.
 * @returns the user and system time of the process and its threads, in milliseconds
 */
export async function cpuOf(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'goblin-bench-'));
  const child = spawn('bash', ['-c', TIMED, 'bash', ...command], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ignore', 'pipe'],
  });
  const [said, times, [status]] = await Promise.all([
    text(child.stdio[2] as NodeJS.ReadableStream),
    text(child.stdio[4] as NodeJS.ReadableStream),
    once(child, 'close'),
  ]);
  rmSync(home, { recursive: true });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${said}`);
  const [user = Number.NaN, system = Number.NaN] = times.trim().split(' ').map(Number);
  return (user + system) * 1000;
}
