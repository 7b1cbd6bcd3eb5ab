/** An engine that has its state to itself, for as long as it runs, and the one that `goblin dev` keeps running. */
import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GoblinError } from '../contract/errors.ts';
import { claimState, type Wait } from './claim.ts';
import { type Engine, type EngineOptions, startEngine } from './engine.ts';
import { stateError } from './faults.ts';
import type { Lock } from './lock.ts';
import { removeRecord, writeRecord } from './record.ts';
import { SPARE_DATABASES } from './registry.ts';

/** How often to look whether the state folder is still there. */
const LOOK_MS = 1_000;

/**
 * Starts an engine on a state whose lock this process has, and gives the lock back when the engine ends.
 * With `recorded`, other commands find the engine and use it instead of waiting for its end.
 */
export async function startExclusive(
  options: EngineOptions,
  lock: Lock,
  recorded: boolean,
): Promise<Engine> {
  const { stateDir } = options;
  try {
    checkWritable(stateDir);
    removeRecord(stateDir);
    const engine = await startEngine({ ...options, lockFd: lock.fd });
    if (recorded) writeRecord(stateDir, engine, publicPart(options));
    return holding(engine, stateDir, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What its record says of an engine beside its addresses. */
function publicPart({ namespaces, databases = [], edge }: EngineOptions) {
  const adminToken = edge?.vars?.ADMIN_TOKEN;
  return {
    serves: { kv: namespaces.map(({ id }) => id), d1: databases.map(({ id }) => id) },
    adminToken: typeof adminToken === 'string' ? adminToken : null,
  };
}

/**
 * Keeps an engine running for other commands to attach to: starts it with its edge Worker and leaves a
 * record, which `dispose` removes.
 * @throws GoblinError `engine_running` where one serves this state already, and what `claimState` and
 *   `startEngine` throw.
 */
export async function serve(options: EngineOptions & Wait): Promise<Engine> {
  const claim = await claimState(options);
  const withSpares = { spareDatabases: SPARE_DATABASES, ...options };
  if ('lock' in claim) return startExclusive(withSpares, claim.lock, true);
  const { edgeUrl, apiUrl, pid } = claim.running;
  throw new GoblinError(
    'failed',
    'engine_running',
    `an engine already serves this state: ${edgeUrl ?? apiUrl} (process ${pid})`,
    { hint: 'Use it, or end it first.' },
  );
}

/**
 * workerd says nothing of a state that it may not write, and fails each read.
 * @throws GoblinError `state_unusable`
 */
function checkWritable(stateDir: string): void {
  const kv = join(stateDir, 'v3', 'kv');
  try {
    const folders = readdirSync(kv, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(kv, name));
    const below = folders.flatMap((folder) =>
      readdirSync(folder).map((name) => join(folder, name)),
    );
    for (const path of [kv, ...folders, ...below]) accessSync(path, constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw stateError(error, stateDir);
  }
}

/** The engine, which fails when the state is taken away from under it. */
function holding(engine: Engine, stateDir: string, lock: Lock): Engine {
  const watch = new AbortController();
  const lost = stateLost(stateDir, lock, watch.signal);
  let ended: Promise<void> | undefined;
  const end = async () => {
    watch.abort();
    const isLost = !lock.isInPlace();
    if (!isLost) removeRecord(stateDir);
    try {
      await engine.dispose();
    } finally {
      lock.release();
    }
    if (isLost) throw stateGone(stateDir);
  };
  return {
    ...engine,
    failed: Promise.race([engine.failed, lost]),
    dispose: () => {
      ended ??= end();
      return ended;
    },
  };
}

/** Resolves when the locked file is not at its path any more: what is written from then on is lost. */
function stateLost(stateDir: string, lock: Lock, signal: AbortSignal): Promise<GoblinError> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (lock.isInPlace()) return;
      clearInterval(timer);
      resolve(stateGone(stateDir));
    }, LOOK_MS);
    timer.unref();
    signal.addEventListener('abort', () => clearInterval(timer));
  });
}

function stateGone(stateDir: string): GoblinError {
  const message = `the state folder ${stateDir} was removed or replaced while the engine ran`;
  return new GoblinError('failed', 'state_gone', message, {
    hint: 'What was written to it is lost. Run the command again on the new one.',
  });
}
