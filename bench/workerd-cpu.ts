/** The CPU time of workerd processes, from Linux' /proc; elsewhere it is not known. */
import { readdirSync, readFileSync } from 'node:fs';

/** Process ids of the workerd processes that this one has started. */
export function ownWorkerds(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isOwnWorkerd(pid));
}

function isOwnWorkerd(pid: string): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return /^Name:\s*workerd$/m.test(status) && status.includes(`\nPPid:\t${process.pid}\n`);
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

/** Milliseconds that a process has computed so far, in all its threads. */
export function cpuMs(pid: string | undefined): number {
  if (pid === undefined) return Number.NaN;
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(
      ' ',
    );
    return sum + Number(nanoseconds) / 1e6;
  }, 0);
}
