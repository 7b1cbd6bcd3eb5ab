import type { Database } from '../databases.ts';
import { bindingName, type Namespace } from '../namespaces.ts';
import { namespaceNotFound } from './failure.ts';

/**
 * What the engine binds to the API Worker, besides one KV namespace under each `bindingName` and one D1
 * database under each `databaseBinding`.
 */
export interface Bindings {
  API_TOKEN: string;
  /** The namespaces that the wrangler file or the command line names. */
  NAMESPACES: Namespace[];
  /** All namespaces as they are now, where `withCreated` asked for them. */
  ALL_NAMESPACES?: Namespace[];
  /** The id of each KV binding, in use or spare. */
  KV_IDS: string[];
  /** The process that runs the engine: it knows the namespaces made over the API. */
  REGISTRY: Fetcher;
  [kv: `KV_${number}`]: KVNamespace;
  /** The id of the database at each index: of the wrangler file, then created ones, then spare ones. */
  D1_IDS: string[];
  D1_CONFIGURED: Database[];
  /** As the engine found them at its start. */
  D1_CREATED: Database[];
  /** The folder of the registry of created databases. */
  D1_REGISTRY: Fetcher;
  [d1: `D1_${number}`]: D1Database;
}

/** hono's type parameter for every route of this Worker. */
export interface Api {
  Bindings: Bindings;
}

/** Whether the wrangler file or the command line names this namespace. */
export function isBound({ NAMESPACES }: Bindings, id: string): boolean {
  return NAMESPACES.some((namespace) => namespace.id === id);
}

/**
 * The namespace with this id, for `operation` to name in the error as Cloudflare does.
 * @throws ApiFailure 404/10013 where there is none.
 */
export function findNamespace(bindings: Bindings, id: string, operation: string): Namespace {
  const namespaces = bindings.ALL_NAMESPACES ?? bindings.NAMESPACES;
  const found = namespaces.find((namespace) => namespace.id === id);
  if (!found) throw namespaceNotFound(operation);
  return found;
}

/** The KV binding of a namespace id. @throws ApiFailure 404/10013 where there is none. */
export function findKv(bindings: Bindings, id: string, operation: string): KVNamespace {
  const index = bindings.KV_IDS.indexOf(findNamespace(bindings, id, operation).id);
  return bindings[bindingName(index) as `KV_${number}`] as KVNamespace;
}
