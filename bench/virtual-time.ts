/** A clock that runs as fast as the code: the globals that code waits by, on virtual time. */

interface Timer {
  at: number;
  run: () => void;
}

const { setImmediate: turn } = globalThis;

/**
 * Puts virtual time in the place of real time, for the whole process. `runUntil` lets it pass.
 * @param settled fulfilled when nothing is under way that takes real time; virtual time stands still until then.
 */
export function startVirtualTime(start: number, settled: () => Promise<void> = async () => {}) {
  let now = start;
  let ids = 0;
  const timers = new Map<number, Timer>();

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => later(resolve, ms));
  }

  function later(run: () => void, ms: number): number {
    timers.set(++ids, { at: now + Math.max(0, ms), run });
    return ids;
  }

  Object.assign(globalThis, {
    setTimeout: (run: () => void, ms: number) => later(run, ms),
    clearTimeout: (id: number) => timers.delete(id),
    scheduler: { wait },
  });
  Date.now = () => Math.floor(now);

  /** Runs timers in their order until none is left that is due before `end`. */
  async function runUntil(end: number): Promise<void> {
    for (;;) {
      await new Promise((resolve) => turn(resolve));
      await settled();
      const next = earliest(timers, end);
      if (next === null) break;
      const [id, timer] = next;
      now = Math.max(now, timer.at);
      timers.delete(id);
      timer.run();
    }
    now = end;
  }

  return { runUntil };
}

function earliest(timers: Map<number, Timer>, end: number): [number, Timer] | null {
  let first: [number, Timer] | null = null;
  for (const entry of timers) {
    if (entry[1].at <= end && (first === null || entry[1].at < first[1].at)) first = entry;
  }
  return first;
}
