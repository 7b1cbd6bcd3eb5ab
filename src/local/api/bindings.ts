import { bindingName, type Namespace } from '../namespaces.ts';
import { namespaceNotFound } from './failure.ts';

/** What the engine binds to the API Worker, besides one KV namespace under each `bindingName`. */
export interface Bindings {
  API_TOKEN: string;
  NAMESPACES: Namespace[];
  [kv: `KV_${number}`]: KVNamespace;
}

/** hono's type parameter for every route of this Worker. */
export interface Api {
  Bindings: Bindings;
}

/**
 * The namespace with this id, for `operation` to name in the error as Cloudflare does.
 * @throws ApiFailure 404/10013 where there is none.
 */
export function findNamespace(bindings: Bindings, id: string, operation: string): Namespace {
  const found = bindings.NAMESPACES.find((namespace) => namespace.id === id);
  if (!found) throw namespaceNotFound(operation);
  return found;
}

/** The KV binding of a namespace id. @throws ApiFailure 404/10013 where there is none. */
export function findKv(bindings: Bindings, id: string, operation: string): KVNamespace {
  const index = bindings.NAMESPACES.indexOf(findNamespace(bindings, id, operation));
  return bindings[bindingName(index) as `KV_${number}`] as KVNamespace;
}
