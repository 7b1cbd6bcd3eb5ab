import type { D1Binding, WranglerFile } from './wrangler-file.ts';

/** Under which id `wrangler dev` keeps the database's data. */
export function localDatabaseId({ binding, databaseId, previewDatabaseId }: D1Binding): string {
  return previewDatabaseId ?? databaseId ?? binding;
}

/**
 * A wrangler file's databases by the ids they have locally, named as at Cloudflare or else by their bindings.
 * Those of every environment: one engine serves a state, and a command may need two environments.
 */
export function localDatabases(file: WranglerFile | undefined): { id: string; name: string }[] {
  const bindings = [...(file?.d1Databases.value ?? []), ...(file?.allD1Databases ?? [])].reverse();
  const names = new Map(
    bindings.map((each) => [localDatabaseId(each), each.databaseName ?? each.binding]),
  );
  return [...names].map(([id, name]) => ({ id, name })).reverse();
}
