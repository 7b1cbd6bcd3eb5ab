/** Waiting for a state that another process has. */
import { setTimeout as sleep } from 'node:timers/promises';
import { interrupted } from '../errors.ts';
import { lockHolder } from './lock.ts';
import { lockFolder } from './record.ts';

/** A wait shorter than this goes unmentioned. */
const SILENT_MS = 500;

export interface Wait {
  stateDir: string;
  /** Told once, when the wait is long, which process has the state. */
  onWait?: ((pid: number | null) => void) | undefined;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
}

/**
 * Repeats `attempt` until it gives something.
 * @throws GoblinError `interrupted` when the signal ends the wait.
 */
export async function whenFree<Result>(
  { stateDir, onWait, signal }: Wait,
  attempt: () => Promise<Result | null>,
): Promise<Result> {
  const began = Date.now();
  for (let told = false; !signal?.aborted; ) {
    const result = await attempt();
    if (result !== null) return result;
    if (!told && Date.now() - began > SILENT_MS) {
      onWait?.(lockHolder(lockFolder(stateDir)));
      told = true;
    }
    await sleep(20 + Math.random() * 30);
  }
  throw interrupted('interrupted; nothing was changed');
}
