/**
 * A clock that stands still while anybody works, and jumps to the next wake-up once all of them wait: rounds
 * that would last seconds take none, and what happens when does not depend on this machine.
 */
export interface VirtualTime {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** Runs parties at the same time. Each must wait for nothing but this clock, one thing at a time. */
  run<T>(parties: readonly (() => Promise<T>)[]): Promise<T[]>;
  /** One party is gone for ever, in the middle of what it did. */
  leave: () => Promise<never>;
}

export function virtualTime(start = 0): VirtualTime {
  let time = start;
  let working = 0;
  const sleepers: { at: number; wake: () => void }[] = [];
  const gone = new Set<() => void>();

  function wakeNext(): void {
    const next = sleepers.reduce((a, b) => (b.at < a.at ? b : a));
    sleepers.splice(sleepers.indexOf(next), 1);
    time = next.at;
    working++;
    next.wake();
  }

  return {
    now: () => time,
    sleep(ms) {
      working--;
      return new Promise((wake) => sleepers.push({ at: time + ms, wake }));
    },
    leave() {
      working--;
      return new Promise((_, reject) => {
        gone.add(() => reject(new Error('gone')));
      });
    },
    async run(parties) {
      let ended = 0;
      const results = parties.map(async (party) => {
        working++;
        try {
          return await party();
        } finally {
          ended++;
          working--;
        }
      });
      while (ended + gone.size < parties.length) {
        // What follows from a wake-up may take many turns of the event loop, and file reads.
        if (working > 0 || sleepers.length === 0) await new Promise(setImmediate);
        else wakeNext();
      }
      working += gone.size;
      for (const end of gone) end();
      gone.clear();
      return Promise.all(results);
    },
  };
}
