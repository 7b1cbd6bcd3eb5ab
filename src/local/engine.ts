/**
 * The embedded engine: workerd with the API Worker, and on request the edge Worker and an upstream for it,
 * over the state that `wrangler dev` keeps. On 127.0.0.1 only.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GoblinError } from '../contract/errors.ts';
import { stateError } from './faults.ts';
import { startWorkerd } from './miniflare.ts';
import { registryFolder, servedBy } from './registry.ts';
import { API_ENTRYPOINT, type Database, type Namespace } from './resources.ts';
import { API, apiWorker, type Edge, edgeWorkers, FRONT, HOST } from './workers.ts';

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
      // This port is not published: here Miniflare obeys headers (MF-…).
      host: HOST,
      port: 0,
      cf: false,
      logRequests: false,
      defaultPersistRoot: join(stateDir, 'v3'),
      workers: [...(edge ? edgeWorkers(edge) : []), apiWorker(apiPart(options, token))],
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

function apiPart(options: EngineOptions, token: string) {
  const { stateDir, namespaces, databases = [], spareDatabases, apiPort: port = 0 } = options;
  const named = namespaces.map(({ id, title: name }) => ({ id, name }));
  const served = {
    kv: servedBy(stateDir, 'kv', named),
    d1: servedBy(stateDir, 'd1', databases, spareDatabases),
  };
  const log = options.edge?.logRequests ?? false;
  return { port, token, served, registry: registryFolder(stateDir), log };
}

/**
 * Makes sure that nothing listens on a port (0 is any, and always free), for workerd says no more than that
 * it failed. @throws GoblinError `port_in_use`.
 */
function checkPort(host: string, port: number): Promise<void> {
  if (port === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause: NodeJS.ErrnoException) => reject(unusable(port, cause)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

function unusable(port: number, cause: NodeJS.ErrnoException): GoblinError {
  const why = cause.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${cause.code})`;
  return new GoblinError('failed', 'port_in_use', `port ${port} ${why}`, {
    hint: 'Choose another one, or end the program that listens there.',
    cause,
  });
}

/**
 * Starts an engine on a state of its own, which is thrown away, and ends it.
 * @throws GoblinError what `startEngine` throws, or `state_unusable` or `disk_full` for the temporary folder
 */
export async function tryEngine(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'goblin-try-')).catch((error) => {
    throw stateError(error, tmpdir());
  });
  try {
    const engine = await startEngine({
      stateDir: folder,
      namespaces: [{ id: 'try', title: 'try' }],
    });
    await engine.dispose();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
