/** An engine that has its state to itself, for as long as it runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { interrupted } from '../errors.ts';
import { type Engine, type EngineOptions, startEngine } from './engine.ts';
import { type Lock, lockHolder, tryLock } from './lock.ts';
import { lockFolder, removeRecord, writeRecord } from './record.ts';

/** A wait shorter than this goes unmentioned. */
const SILENT_MS = 500;

/**
 * Starts an engine, or returns null while another process has the state. With `recorded`, other commands
 * find it and use it instead of waiting for its end.
 */
export async function startExclusive(
  options: EngineOptions,
  recorded: boolean,
): Promise<Engine | null> {
  const lock = tryLock(lockFolder(options.stateDir));
  return lock && startLocked(options, lock, recorded);
}

async function startLocked(options: EngineOptions, lock: Lock, recorded: boolean): Promise<Engine> {
  const { stateDir, namespaces } = options;
  try {
    const engine = await startEngine(options);
    if (recorded)
      writeRecord(
        stateDir,
        engine,
        namespaces.map(({ id }) => id),
      );
    return { ...engine, dispose: () => end(engine, stateDir, lock) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function end(engine: Engine, stateDir: string, lock: Lock): Promise<void> {
  removeRecord(stateDir, engine.token);
  await engine.dispose();
  lock.release();
}

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
