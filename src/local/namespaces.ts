/**
 * What the engine tells the API Worker about the KV namespaces it serves. Both sides of the process
 * border read this file, so it uses nothing of Node and nothing of Workers.
 */

/** A KV namespace of the account. Without an id in the wrangler file, its binding's name is the id. */
export interface Namespace {
  id: string;
  title: string;
}

/** What the API Worker asks of the process that runs the engine; a reading changes nothing. */
export type NamespaceRequest =
  | { do: 'read' }
  | { do: 'create'; title: string }
  | { do: 'rename'; id: string; title: string }
  | { do: 'remove'; id: string };

/** All namespaces after the change, or why it was not made. */
export type NamespaceReply =
  | { namespaces: Namespace[] }
  | { refused: 'title_exists' | 'not_found' | 'no_room' | 'failed'; why: string };

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
