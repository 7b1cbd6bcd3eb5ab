/**
 * The Workers that the engine runs, as data: each with its module and what is bound to it.
 * One more Worker of the edge is one more entry of the list that `edgeWorkers` returns.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json, WorkerOptions } from 'miniflare';
import { GoblinError } from '../contract/errors.ts';
import { API_ENTRYPOINT, bindingName, type Kind, type Served } from './resources.ts';

/** Every Worker listens on this machine only. */
export const HOST = '127.0.0.1';

/** What goblin's own Workers are written for; not later than the installed workerd supports. */
const COMPATIBILITY_DATE = '2026-04-26';

export const API = 'goblin-api';
const UPSTREAM = 'goblin-upstream';
/** The name under which the edge Worker looks for its KV namespace. */
export const EDGE_BINDING = 'GOBLIN_KV';
/** The same for its D1 database. */
export const EDGE_DATABASE = 'DB';
/** The Worker that has the edge's port. */
export const FRONT = 'goblin-front';

/** The edge Worker as the engine runs it. */
export interface Edge {
  /** The Worker's name in the wrangler file: part of where its Durable Objects are stored. */
  name: string;
  /** Binding name → namespace id. */
  kv: Record<string, string>;
  /** Binding name → database id. */
  d1?: Record<string, string> | undefined;
  /** Variables and secrets; `API_URL` is set by `upstream`. */
  vars?: Record<string, Json> | undefined;
  /** Base URL of the backend; the built-in one where it is left out. */
  upstream?: string | undefined;
  /** The edge's port; any free one where it is left out. */
  port?: number | undefined;
  /** As in the wrangler file. */
  compatibilityDate?: string | undefined;
  /** Absolute path of a bundle to run in place of the built edge Worker. */
  script?: string | undefined;
  /** Runs the live Worker too, in this namespace of the edge; `script` as above. */
  live?: { kv: string; script?: string | undefined } | undefined;
  /** Has each request logged, and each command that attaches (`request-log.ts`). */
  logRequests?: boolean | undefined;
}

/** The live Worker's name, as in `worker/live/wrangler.toml`: part of where its Durable Objects are stored. */
const LIVE = 'goblin-live';

type DurableObjects = NonNullable<WorkerOptions['durableObjects']>;

/** The live Worker's classes. */
const CLASSES = {
  ROOMS: { className: 'ChatRoom', useSQLite: true },
  PRESENCE: { className: 'PresenceDirectory', useSQLite: true },
  RATE_LIMITER: { className: 'RateLimiter', useSQLite: true },
} satisfies DurableObjects;

function liveWorker({ kv, script }: NonNullable<Edge['live']>): WorkerOptions {
  return {
    name: LIVE,
    modules: [script ? workerModule(script) : builtWorker('live')],
    compatibilityDate: COMPATIBILITY_DATE,
    kvNamespaces: { [EDGE_BINDING]: kv },
    durableObjects: CLASSES,
  };
}

/** What binds the edge to the live Worker. */
function liveBindings(): Pick<WorkerOptions, 'durableObjects' | 'serviceBindings'> {
  const at = { scriptName: LIVE };
  return {
    durableObjects: {
      ROOMS: { ...CLASSES.ROOMS, ...at },
      RATE_LIMITER: { ...CLASSES.RATE_LIMITER, ...at },
    },
    serviceBindings: { LIVE },
  };
}

/**
 * The edge Worker, a front that has its port, and the built-in upstream unless the edge has one. That
 * upstream has no port: whatever the edge fetches is answered by it.
 */
export function edgeWorkers(edge: Edge): WorkerOptions[] {
  const front: WorkerOptions = {
    name: FRONT,
    modules: [builtWorker('front')],
    compatibilityDate: COMPATIBILITY_DATE,
    serviceBindings: { EDGE: edge.name },
    bindings: { LOG: edge.logRequests ?? false },
    unsafeDirectSockets: [{ host: HOST, port: edge.port ?? 0 }],
    cache: false,
    stripCfConnectingIp: false,
  };
  const worker: WorkerOptions = {
    name: edge.name,
    modules: [edge.script ? workerModule(edge.script) : builtWorker('edge')],
    compatibilityDate: edge.compatibilityDate ?? COMPATIBILITY_DATE,
    // As in `worker/wrangler.toml`.
    compatibilityFlags: ['enable_request_signal'],
    kvNamespaces: edge.kv,
    d1Databases: edge.d1 ?? {},
    bindings: { ...edge.vars, API_URL: edge.upstream ?? 'http://upstream.goblin.internal' },
    ...(edge.live && liveBindings()),
  };
  const live = edge.live ? [liveWorker(edge.live)] : [];
  if (edge.upstream !== undefined) return [front, worker, ...live];
  const upstream = { modules: [builtWorker('upstream')], compatibilityDate: COMPATIBILITY_DATE };
  return [
    front,
    { ...worker, outboundService: UPSTREAM },
    { name: UPSTREAM, ...upstream },
    ...live,
  ];
}

/** What the API Worker serves. */
export interface ApiPart {
  /** The API's port; any free one for 0. */
  port: number;
  /** The API's bearer token. */
  token: string;
  served: Record<Kind, Served>;
  /** The folder for the files of `REGISTRY_FILES`. */
  registry: string;
  /** Whether commands that attach are logged. */
  log: boolean;
}

/** The Worker that serves Cloudflare's API. A socket of its own, so that requests reach it as they were sent. */
export function apiWorker({ port, token, served, registry, log }: ApiPart): WorkerOptions {
  const bound = (kind: Kind) =>
    Object.fromEntries(served[kind].ids.map((id, index) => [bindingName(kind, index), id]));
  return {
    name: API,
    modules: [builtWorker('api')],
    compatibilityDate: COMPATIBILITY_DATE,
    kvNamespaces: bound('kv'),
    d1Databases: bound('d1'),
    bindings: { API_TOKEN: token, LOG: log, KV: asJson(served.kv), D1: asJson(served.d1) },
    serviceBindings: { REGISTRY: { disk: { path: registry, writable: true } } },
    // Nothing here uses them, and each would be one more Worker to start.
    cache: false,
    stripCfConnectingIp: false,
    unsafeDirectSockets: [{ host: HOST, port, entrypoint: API_ENTRYPOINT }],
  };
}

/** A binding of JSON holds no `undefined`. */
const asJson = (served: Served) => JSON.parse(JSON.stringify(served)) as Json;

/** The Workers that the build puts beside the CLI. */
export type WorkerName = 'api' | 'edge' | 'front' | 'live' | 'upstream';

/** An ES module in the form that spares Miniflare from parsing it for imports. */
export interface WorkerModule {
  type: 'ESModule';
  path: string;
  contents: string;
}

/** One of the Workers that come with goblin. @throws GoblinError `not_built`. */
export function builtWorker(name: WorkerName): WorkerModule {
  return workerModule(fileURLToPath(new URL(`${name}.js`, folder())));
}

/**
 * Any bundled Worker. `file` is an absolute path. The module goes by its bare name, for workerd refuses a
 * path outside the working folder.
 * @throws GoblinError `not_built` where there is no such file.
 */
export function workerModule(file: string): WorkerModule {
  if (existsSync(file)) {
    return { type: 'ESModule', path: basename(file), contents: readFileSync(file, 'utf8') };
  }
  throw new GoblinError('failed', 'not_built', `the Worker ${file} is not built`, {
    hint: 'Run `npm run build`.',
  });
}

/** `workers/` beside the bundled CLI, or in `dist/` when the sources run as they are. */
function folder(): URL {
  const beside = new URL('workers/', import.meta.url);
  return existsSync(beside) ? beside : new URL('../../dist/workers/', import.meta.url);
}
