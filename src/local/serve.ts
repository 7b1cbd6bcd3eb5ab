import { GoblinError } from '../contract/errors.ts';
import { claimState, type Wait } from './claim.ts';
import { SPARE_DATABASES } from './database-registry.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { startExclusive } from './exclusive.ts';

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
