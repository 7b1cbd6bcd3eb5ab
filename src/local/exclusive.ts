/** An engine that has its state to itself, for as long as it runs. */
import { type Engine, type EngineOptions, startEngine } from './engine.ts';
import { type Lock, tryLock } from './lock.ts';
import { lockFolder, removeRecord, writeRecord } from './record.ts';

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
