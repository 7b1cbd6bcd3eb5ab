/**
 * The local API for one command: that of a running engine where there is one, else that of a short-lived
 * engine of its own, once no other process has the state. A command that was killed blocks nobody: its lock
 * ends with it, and so does its workerd.
 */
import { GoblinError } from '../contract/errors.ts';
import { claimState, type Wait } from './claim.ts';
import type { Engine, EngineOptions } from './engine.ts';
import type { Lock } from './lock.ts';
import type { EngineRecord } from './record.ts';
import { storedNamespaces } from './registry.ts';

export interface AttachOptions
  extends Pick<EngineOptions, 'namespaces' | 'databases' | 'onLog'>,
    Wait {
  /** For a command that may run for long: lets others use its engine instead of waiting for its end. */
  share?: boolean | undefined;
}

export interface LocalApi extends Pick<Engine, 'edgeUrl' | 'token'> {
  /** Ends with `/client/v4`. */
  baseUrl: string;
  /** Whether another process runs the engine. */
  attached: boolean;
  /** The process that runs the engine. */
  pid: number;
  /** As in `Engine`; of another process's engine nothing is known. */
  failed: Engine['failed'] | null;
  lastLines: Engine['lastLines'];
  /** Ends the engine if it is this command's own. */
  dispose(): Promise<void>;
}

/**
 * Attaches to the running engine or starts one.
 * @throws GoblinError `engine_outdated` where the running engine lacks a namespace that is asked for, and
 *   what `claimState` and `startEngine` throw.
 */
export async function attachOrStart(options: AttachOptions): Promise<LocalApi> {
  const claim = await claimState(options);
  return 'lock' in claim ? start(options, claim.lock) : attach(options, claim.running);
}

function attach({ stateDir, namespaces }: AttachOptions, running: EngineRecord): LocalApi {
  const missing = namespaces.find(({ id }) => !isServed(id, running, stateDir));
  if (missing) throw outdated(running, missing.id);
  const { apiUrl: baseUrl, edgeUrl, token, pid } = running;
  const unknown = { failed: null, lastLines: () => [], dispose: async () => {} };
  return { baseUrl, edgeUrl, token, pid, attached: true, ...unknown };
}

/** A namespace that was made over the API is served by the engine that made it and by all later ones. */
function isServed(id: string, { namespaces }: EngineRecord, stateDir: string): boolean {
  return namespaces.includes(id) || storedNamespaces(stateDir).some((each) => each.id === id);
}

async function start({ share = false, ...options }: AttachOptions, lock: Lock): Promise<LocalApi> {
  // A command that attaches needs nothing of it.
  const { startExclusive } = await import('./exclusive.ts');
  const { apiUrl: baseUrl, ...engine } = await startExclusive(options, lock, share);
  return { ...engine, baseUrl, pid: process.pid, attached: false };
}

function outdated({ pid }: EngineRecord, id: string): GoblinError {
  return new GoblinError(
    'failed',
    'engine_outdated',
    `the local engine that is running (process ${pid}) does not serve the KV namespace ${id}`,
    { hint: 'Restart `goblin dev`, so that it reads the wrangler file again.' },
  );
}
