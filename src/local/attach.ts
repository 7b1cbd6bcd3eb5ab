/**
 * The local API for one command: that of a running engine where there is one, else that of a short-lived
 * engine of its own, once no other process has the state. A command that was killed blocks nobody: its
 * record is checked, its lock ends with it, and so does its workerd.
 */
import { GoblinError } from '../errors.ts';
import type { EngineOptions } from './engine.ts';
import type { EngineRecord } from './record.ts';
import { findRunning } from './running.ts';
import { type Wait, whenFree } from './when-free.ts';

export interface AttachOptions
  extends Pick<EngineOptions, 'namespaces' | 'databases' | 'onLog'>,
    Wait {
  /** For a command that may run for long: lets others use its engine instead of waiting for its end. */
  share?: boolean | undefined;
}

export interface LocalApi {
  /** Ends with `/client/v4`. */
  baseUrl: string;
  token: string;
  /** The edge Worker of a running `goblin dev`, without a slash at its end. */
  edgeUrl: string | null;
  /** Whether another process runs the engine. */
  attached: boolean;
  /** Ends the engine if it is this command's own. */
  dispose(): Promise<void>;
}

/**
 * Attaches to the running engine or starts one.
 * @throws GoblinError `engine_outdated` where the running engine lacks a namespace that is asked for, and
 * whatever `startEngine` throws.
 */
export function attachOrStart(options: AttachOptions): Promise<LocalApi> {
  return whenFree(options, async () => attach(options) ?? (await start(options)));
}

function attach({ stateDir, namespaces }: AttachOptions): LocalApi | null {
  const running = findRunning(stateDir);
  if (!running) return null;
  const missing = namespaces.find(({ id }) => !running.namespaces.includes(id));
  if (missing) throw outdated(running, missing.id);
  const { apiUrl, edgeUrl, token } = running;
  return { baseUrl: apiUrl, edgeUrl, token, attached: true, dispose: async () => {} };
}

async function start({ share = false, ...options }: AttachOptions): Promise<LocalApi | null> {
  // A command that attaches needs nothing of it.
  const { startExclusive } = await import('./exclusive.ts');
  const engine = await startExclusive(options, share);
  if (!engine) return null;
  const { apiUrl, edgeUrl, token, dispose } = engine;
  return { baseUrl: apiUrl, edgeUrl, token, attached: false, dispose };
}

function outdated({ pid }: EngineRecord, id: string): GoblinError {
  return new GoblinError(
    'failed',
    'engine_outdated',
    `the local engine that is running (process ${pid}) does not serve the KV namespace ${id}`,
    { hint: 'Restart `goblin dev`, so that it reads the wrangler file again.' },
  );
}
