/** The CPU time of a process, from Linux' /proc; elsewhere it is not known. */
import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds that a process has computed so far, in all its threads; NaN where that is not known. */
export function cpuMs(pid: number | undefined): number {
  if (process.platform !== 'linux' || pid === undefined) return Number.NaN;
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => {
    const schedstat = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1');
    return sum + Number(schedstat.split(' ')[0]) / 1e6;
  }, 0);
}
