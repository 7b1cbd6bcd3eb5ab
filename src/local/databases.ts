/**
 * What the engine tells the API Worker about the D1 databases it serves. Both sides of the process border
 * read this file, so it uses nothing of Node and nothing of Workers.
 */

/** A D1 database of the account. Without an id in the wrangler file, its binding's name is the id. */
export interface Database {
  id: string;
  name: string;
  /** RFC 3339, where the API created it. */
  createdAt?: string | undefined;
}

/** The name under which the API Worker finds the binding of the database at `index`. */
export function databaseBinding(index: number): string {
  return `D1_${index}`;
}

/** The file of the databases that were created through the API, in the folder bound as `D1_REGISTRY`. */
export const REGISTRY_FILE = 'databases.json';
