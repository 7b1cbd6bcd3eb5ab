import { GoblinError } from '../errors.ts';
import { SPARE_DATABASES } from './database-registry.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { startExclusive } from './exclusive.ts';
import { findRunning } from './running.ts';
import { type Wait, whenFree } from './when-free.ts';

/**
 * Keeps an engine running for other commands to attach to: starts it with its edge Worker and leaves a
 * record, which `dispose` removes.
 * @throws GoblinError `engine_running` where one serves this state already, and what `startEngine` throws.
 */
export function serve(options: EngineOptions & Wait): Promise<Engine> {
  return whenFree(options, () => attempt(options));
}

async function attempt(options: EngineOptions): Promise<Engine | null> {
  const running = findRunning(options.stateDir);
  if (!running) return startExclusive({ spareDatabases: SPARE_DATABASES, ...options }, true);
  throw new GoblinError(
    'failed',
    'engine_running',
    `an engine already serves this state: ${running.edgeUrl ?? running.apiUrl} (process ${running.pid})`,
    { hint: 'Use it, or end it first.' },
  );
}
