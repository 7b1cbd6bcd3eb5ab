/**
 * What the engine tells the API Worker about the KV namespaces it serves. Both sides of the process
 * border read this file, so it uses nothing of Node and nothing of Workers.
 */

/** A KV namespace of the account. Without an id in the wrangler file, its binding's name is the id. */
export interface Namespace {
  id: string;
  title: string;
}

/** The account the engine answers for. Any other id in a path is taken as well: there is only one. */
export const LOCAL_ACCOUNT_ID = '10ca1000000000000000000000000000';

/** The name under which the API Worker finds the binding of the namespace at `index`. */
export function bindingName(index: number): string {
  return `KV_${index}`;
}

/**
 * The entry point under which the API Worker serves. Its default one refuses everything: Miniflare leads
 * requests there by a header that any client of its main port may send.
 */
export const API_ENTRYPOINT = 'Api';
