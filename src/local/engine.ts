/**
 * The embedded engine: workerd with the API Worker, and on request the edge Worker and an upstream for it,
 * over the state that `wrangler dev` keeps. On 127.0.0.1 only.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { WorkerOptions } from 'miniflare';
import type { GoblinError } from '../contract/errors.ts';
import { databaseOptions } from './api-databases.ts';
import type { Database } from './databases.ts';
import { type Edge, edgeWorkers, FRONT } from './edge.ts';
import { startWorkerd } from './miniflare.ts';
import { API_ENTRYPOINT, bindingName, type Namespace } from './namespaces.ts';
import { checkPort } from './port.ts';
import { answerFrom, openRegistry } from './registry.ts';
import { builtWorker } from './worker-files.ts';

const HOST = '127.0.0.1';
const API = 'goblin-api';

/** What workerd's own Workers are written for; not later than the installed workerd supports. */
const COMPATIBILITY_DATE = '2026-04-26';

export interface EngineOptions {
  /** The folder that `wrangler` calls its persist path: `<worker>/.wrangler/state`. */
  stateDir: string;
  namespaces: readonly Namespace[];
  /** The D1 databases of the wrangler file; none where it is left out. */
  databases?: readonly Database[] | undefined;
  /** How many databases may be created through the API while this engine runs; none by default. */
  spareDatabases?: number | undefined;
  /** Runs the edge Worker too. */
  edge?: Edge | undefined;
  /** The API's port; any free one where it is left out. */
  apiPort?: number | undefined;
  /** The API's bearer token; a new random one where it is left out. */
  token?: string | undefined;
  /** Takes each line the Workers log. They are dropped where it is left out. */
  onLog?: ((line: string) => void) | undefined;
  /** The open file that locks the state. */
  lockFd?: number | undefined;
}

/** A running engine. `apiUrl` ends with `/client/v4`; `edgeUrl` has no slash at its end. */
export interface Engine {
  apiUrl: string;
  edgeUrl: string | null;
  token: string;
  /** Resolves with the reason when the engine can serve no longer. It never rejects. */
  failed: Promise<GoblinError>;
  /** The last lines that workerd printed. */
  lastLines(): readonly string[];
  /** Ends workerd and waits until it is gone. */
  dispose(): Promise<void>;
}

/**
 * Starts the engine. It must be the only one on its state: two would fail each other's writes.
 * @throws GoblinError `no_engine`, `not_built`, `port_in_use`, `engine_failed`, and what `diagnose` knows.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { edge, stateDir, onLog, lockFd } = options;
  const token = options.token ?? randomBytes(24).toString('base64url');
  await Promise.all([options.apiPort, edge?.port].map((port = 0) => checkPort(HOST, port)));
  const { miniflare, died, lastLines, dispose } = await startWorkerd({
    onLog,
    lockFd,
    miniflare: {
      // Nobody is told of this port: here Miniflare takes orders from headers (MF-…).
      host: HOST,
      port: 0,
      cf: false,
      logRequests: false,
      defaultPersistRoot: join(stateDir, 'v3'),
      workers: [
        ...(edge ? edgeWorkers(edge, HOST, COMPATIBILITY_DATE) : []),
        apiWorker(options, token),
      ],
    },
  });
  const api = await miniflare.unsafeGetDirectURL(API, API_ENTRYPOINT);
  return {
    apiUrl: new URL('/client/v4', api).href,
    edgeUrl: edge ? (await miniflare.unsafeGetDirectURL(FRONT)).origin : null,
    token,
    failed: died,
    lastLines,
    dispose,
  };
}

/** A socket of its own, so that requests reach the API Worker as they were sent. */
function apiWorker(options: EngineOptions, token: string): WorkerOptions {
  const { stateDir, namespaces, databases = [], spareDatabases = 0, apiPort = 0 } = options;
  const registry = openRegistry(stateDir, namespaces);
  const d1 = databaseOptions(stateDir, databases, spareDatabases);
  return {
    ...d1,
    name: API,
    modules: [builtWorker('api')],
    compatibilityDate: COMPATIBILITY_DATE,
    kvNamespaces: Object.fromEntries(
      registry.ids.map((id, index) => [bindingName(index), id] as const),
    ),
    bindings: {
      ...d1.bindings,
      API_TOKEN: token,
      NAMESPACES: namespaces.map(({ id, title }) => ({ id, title })),
      KV_IDS: [...registry.ids],
    },
    serviceBindings: { ...d1.serviceBindings, REGISTRY: { node: answerFrom(registry) } },
    // Nothing here uses them, and each would be one more Worker to start.
    cache: false,
    stripCfConnectingIp: false,
    unsafeDirectSockets: [{ host: HOST, port: apiPort, entrypoint: API_ENTRYPOINT }],
  };
}
