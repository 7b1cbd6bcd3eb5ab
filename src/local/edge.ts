import type { Json, WorkerOptions } from 'miniflare';
import { builtWorker, workerModule } from './worker-files.ts';

const UPSTREAM = 'goblin-upstream';
/** The name under which the edge Worker looks for its KV namespace. */
export const EDGE_BINDING = 'GOBLIN_KV';
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
}

/**
 * The edge Worker, a front that has its port, and the built-in upstream unless the edge has one. That
 * upstream has no port: whatever the edge fetches is answered by it.
 */
export function edgeWorkers(edge: Edge, host: string, defaultDate: string): WorkerOptions[] {
  const front: WorkerOptions = {
    name: FRONT,
    modules: [builtWorker('front')],
    compatibilityDate: defaultDate,
    serviceBindings: { EDGE: edge.name },
    unsafeDirectSockets: [{ host, port: edge.port ?? 0 }],
    cache: false,
    stripCfConnectingIp: false,
  };
  const worker: WorkerOptions = {
    name: edge.name,
    modules: [edge.script ? workerModule(edge.script) : builtWorker('edge')],
    compatibilityDate: edge.compatibilityDate ?? defaultDate,
    // As in `worker/wrangler.toml`.
    compatibilityFlags: ['enable_request_signal'],
    kvNamespaces: edge.kv,
    d1Databases: edge.d1 ?? {},
    bindings: { ...edge.vars, API_URL: edge.upstream ?? 'http://upstream.goblin.internal' },
  };
  if (edge.upstream !== undefined) return [front, worker];
  const upstream = { modules: [builtWorker('upstream')], compatibilityDate: defaultDate };
  return [front, { ...worker, outboundService: UPSTREAM }, { name: UPSTREAM, ...upstream }];
}
