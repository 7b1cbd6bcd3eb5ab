/** The way to a state: through the engine that serves it, or alone with it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { interrupted } from '../contract/errors.ts';
import { stateError } from './faults.ts';
import { type Lock, lockHolder, takeLock } from './lock.ts';
import { type EngineRecord, findRunning, lockFile } from './record.ts';

/** A wait shorter than this goes unmentioned. */
const SILENT_MS = 500;
/** How often to check whether the holder of the state serves it. */
const LOOK_MS = 50;

export interface Wait {
  stateDir: string;
  /** Called once when the wait is long, with the process that has the state. */
  onWait?: ((pid: number | null) => void) | undefined;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
}

/** One of the two. */
export type Claim = { running: EngineRecord } | { lock: Lock };

/**
 * The engine that serves the state, or the state's lock as soon as it is free.
 * @throws GoblinError `interrupted` when the signal ends the wait, `state_unusable` or `disk_full` where the
 *   folder cannot be used, and what `takeLock` throws.
 */
export async function claimState(wait: Wait): Promise<Claim> {
  const running = await findRunning(wait.stateDir);
  if (running) return { running };
  const giveUp = new AbortController();
  const taken = takeLock(lockFile(wait.stateDir), giveUp.signal);
  let claim: Claim | undefined;
  try {
    claim = await whicheverComes(taken, wait);
    return claim;
  } catch (error) {
    throw stateError(error, wait.stateDir);
  } finally {
    if (!claim || 'running' in claim) abandon(taken, giveUp);
  }
}

async function whicheverComes(
  taken: Promise<Lock>,
  { stateDir, onWait, signal }: Wait,
): Promise<Claim> {
  const began = Date.now();
  for (let noticed = false; !signal?.aborted; ) {
    const lock = await Promise.race([taken, sleep(LOOK_MS, null, { ref: false })]);
    if (lock) return { lock };
    const running = await findRunning(stateDir);
    if (running) return { running };
    if (!noticed && Date.now() - began > SILENT_MS) {
      onWait?.(lockHolder(lockFile(stateDir)));
      noticed = true;
    }
  }
  throw interrupted('interrupted; nothing was changed');
}

/** Ends the wait for the lock, and gives it back if it came in the same moment. */
function abandon(taken: Promise<Lock>, giveUp: AbortController): void {
  giveUp.abort();
  taken.then(
    (lock) => lock.release(),
    () => {},
  );
}
