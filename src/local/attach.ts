/**
 * The local API for one command: that of a running engine where there is one, else that of a short-lived
 * engine of its own, once no other process has the state. A command that was killed does not block others: its
 * lock and its workerd end with it.
 */
import { GoblinError } from '../contract/errors.ts';
import { claimState, type Wait } from './claim.ts';
import type { Engine, EngineOptions } from './engine.ts';
import type { Lock } from './lock.ts';
import type { EngineRecord } from './record.ts';
import { storedResources } from './registry.ts';
import type { Kind } from './resources.ts';

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
  /** As in `Engine`; null for an engine of another process. */
  failed: Engine['failed'] | null;
  lastLines: Engine['lastLines'];
  /**
   * Makes sure that the engine serves a resource.
   * @throws GoblinError `engine_outdated` where it was started without it
   */
  assertServes(kind: Kind, id: string): void;
  /** Ends the engine if it is this command's own. */
  dispose(): Promise<void>;
}

/**
 * Attaches to the running engine or starts one.
 * @throws GoblinError what `claimState` and `startEngine` throw.
 */
export async function attachOrStart(options: AttachOptions): Promise<LocalApi> {
  const claim = await claimState(options);
  return 'lock' in claim ? start(options, claim.lock) : attach(options, claim.running);
}

function attach({ stateDir }: AttachOptions, running: EngineRecord): LocalApi {
  const { apiUrl: baseUrl, edgeUrl, token, pid } = running;
  const unknown = { failed: null, lastLines: () => [], dispose: async () => {} };
  const assertServes = (kind: Kind, id: string) => {
    if (!isServed(kind, id, running, stateDir)) throw outdated(running, kind, id);
  };
  return { baseUrl, edgeUrl, token, pid, attached: true, assertServes, ...unknown };
}

/** A resource that was made over the API is served by the engine that made it and by all later ones. */
function isServed(kind: Kind, id: string, { serves }: EngineRecord, stateDir: string): boolean {
  return (
    serves[kind].includes(id) || storedResources(stateDir, kind).some((each) => each.id === id)
  );
}

async function start({ share = false, ...options }: AttachOptions, lock: Lock): Promise<LocalApi> {
  // A command that attaches needs nothing of it.
  const { startExclusive } = await import('./serve.ts');
  const { apiUrl: baseUrl, ...engine } = await startExclusive(options, lock, share);
  return { ...engine, baseUrl, pid: process.pid, attached: false, assertServes: () => {} };
}

const TITLES: Readonly<Record<Kind, string>> = { kv: 'KV namespace', d1: 'D1 database' };

function outdated({ pid }: EngineRecord, kind: Kind, id: string): GoblinError {
  return new GoblinError(
    'failed',
    'engine_outdated',
    `the local engine that is running (process ${pid}) does not serve the ${TITLES[kind]} ${id}`,
    { hint: 'Restart `goblin dev`, so that it reads the wrangler file again.' },
  );
}
