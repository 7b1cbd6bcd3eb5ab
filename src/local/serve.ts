import { GoblinError } from '../errors.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { startExclusive, whenFree } from './exclusive.ts';
import { findRunning } from './running.ts';

export interface ServeOptions extends EngineOptions {
  /** Told once which process has the state, when the start has to wait for it. */
  onWait?: ((pid: number | null) => void) | undefined;
}

/**
 * Keeps an engine running for other commands to attach to: starts it with its edge Worker and leaves a
 * record, which `dispose` removes.
 * @throws GoblinError `engine_running` where one serves this state already, and what `startEngine` throws.
 */
export function serve(options: ServeOptions): Promise<Engine> {
  return whenFree(options.stateDir, () => attempt(options), options.onWait);
}

async function attempt(options: ServeOptions): Promise<Engine | null> {
  const running = await findRunning(options.stateDir);
  if (!running) return startExclusive(options, true);
  throw new GoblinError(
    'failed',
    'engine_running',
    `An engine already serves this state: ${running.edgeUrl ?? running.apiUrl} (process ${running.pid}).`,
    { hint: 'Use it, or end it first.' },
  );
}
