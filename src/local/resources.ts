/**
 * What the engine tells the API Worker about what it serves. Both sides of the process border read this file,
 * so it uses nothing of Node and nothing of Workers.
 */

/** A KV namespace of the account. Without an id in the wrangler file, its binding's name is the id. */
export interface Namespace {
  id: string;
  title: string;
}

/** A D1 database of the account. Without an id in the wrangler file, its binding's name is the id. */
export interface Database {
  id: string;
  name: string;
  /** RFC 3339, where the API created it. */
  createdAt?: string | undefined;
}

/** What can be made over the API. The data of each is in the state, under its id. */
export type Kind = 'kv' | 'd1';

/** A namespace or a database, whose title or name is `name`. */
export type Resource = Database;

/** The resources of one kind, as the engine found them at its start. */
export interface Served {
  /** Those that the wrangler file or the command line names. */
  bound: Resource[];
  /** Those that were made or renamed over the API. */
  stored: Resource[];
  /** The id behind each of workerd's bindings: of `bound`, of `stored`, then ids that nobody uses yet. */
  ids: string[];
}

/** The name under which the API Worker finds the binding of the resource at `index` of `Served.ids`. */
export function bindingName<K extends Kind>(kind: K, index: number) {
  return `${kind === 'kv' ? 'KV' : 'D1'}_${index}` as K extends 'kv'
    ? `KV_${number}`
    : `D1_${number}`;
}

/** Where the resources made over the API are listed, in the folder bound as `REGISTRY`. */
export const REGISTRY_FILES: Readonly<Record<Kind, string>> = {
  kv: 'namespaces.json',
  d1: 'd1/databases.json',
};

/** The account the engine answers for. Any other id in a path is taken as well: there is only one. */
export const LOCAL_ACCOUNT_ID = '10ca1000000000000000000000000000';

/**
 * The entry point under which the API Worker serves. Its default one refuses everything: Miniflare sends
 * requests there by a header that any client of its main port may send.
 */
export const API_ENTRYPOINT = 'Api';
