import type { Kind, Resource, Served } from '../resources.ts';
import { databaseNotFound, invalidProperty } from './d1/request.ts';
import { Registry } from './registry.ts';
import { namespaceNotFound } from './reply.ts';

/**
 * What the engine binds to the API Worker, besides one KV namespace and one D1 database under each
 * `bindingName`.
 */
export interface Bindings {
  API_TOKEN: string;
  /** Whether commands that attach are logged. */
  LOG: boolean;
  KV: Served;
  D1: Served;
  /** The folder of the registry's files. */
  REGISTRY: Fetcher;
  [kv: `KV_${number}`]: KVNamespace;
  [d1: `D1_${number}`]: D1Database;
}

/** hono's type parameter for every route of this Worker. */
export interface Api {
  Bindings: Bindings;
}

type Registries = Readonly<Record<Kind, Registry>>;

/** The registries of this run, for `Bindings` are what they were at the engine's start. */
const runs = new WeakMap<Fetcher, Registries>();

export function registry({ KV, D1, REGISTRY }: Bindings, kind: Kind): Registry {
  const save = (file: string, text: string) => put(REGISTRY, file, text);
  const run = runs.get(REGISTRY) ?? {
    kv: new Registry('kv', KV, save),
    d1: new Registry('d1', D1, save),
  };
  runs.set(REGISTRY, run);
  return run[kind];
}

async function put(folder: Fetcher, file: string, body: string): Promise<void> {
  const reply = await folder.fetch(`http://registry/${file}`, { method: 'PUT', body });
  if (!reply.ok) throw new Error(`cannot write ${file}: HTTP ${reply.status}`);
}

/**
 * The namespace with this id, for `operation` to name in the error as Cloudflare does.
 * @throws ApiFailure 404/10013 where there is none.
 */
export function findNamespace(bindings: Bindings, id: string, operation: string): Resource {
  const found = registry(bindings, 'kv').find(id);
  if (!found) throw namespaceNotFound(operation);
  return found;
}

/** The KV binding of a namespace id. @throws ApiFailure 404/10013 where there is none. */
export function findKv(bindings: Bindings, id: string, operation: string): KVNamespace {
  findNamespace(bindings, id, operation);
  return bindings[registry(bindings, 'kv').binding('kv', id)] as KVNamespace;
}

/** By id, else by name, as Cloudflare looks it up. @throws ApiFailure 404/7404 */
export function findDatabase(bindings: Bindings, idOrName: string): Resource {
  const databases = registry(bindings, 'd1');
  const found = databases.find(idOrName) ?? databases.all().find(({ name }) => name === idOrName);
  if (!found) throw databaseNotFound(idOrName);
  return found;
}

/** Cloudflare's ids of databases. */
export const isUuid = (id: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);

/**
 * The binding of a database by its id alone: a name is refused here.
 * @throws ApiFailure 400/7400 for an invalid id, 404/7404 where there is no such database.
 */
export function findD1(bindings: Bindings, id: string): D1Database {
  const databases = registry(bindings, 'd1');
  if (!databases.find(id)) {
    throw isUuid(id) ? databaseNotFound(id) : invalidProperty('databaseId', 'Invalid uuid');
  }
  return bindings[databases.binding('d1', id)] as D1Database;
}
