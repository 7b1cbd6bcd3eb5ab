/** What the edge Worker on this machine works with, also where the wrangler file binds nothing. */
import type { Config } from '../../config/config.ts';
import { localDatabaseId } from '../../config/database.ts';
import type { WranglerFile } from '../../config/wrangler-file.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import type { Database, Namespace } from '../../local/resources.ts';
import { EDGE_BINDING, EDGE_DATABASE } from '../../local/workers.ts';

/**
 * The namespace that the edge Worker keeps its memory in: the one in use. Where the wrangler file binds none,
 * as one with databases alone, it is one of this machine's own.
 */
export async function edgeMemory(context: Context, config: Config): Promise<Namespace> {
  try {
    const found = await config.localNamespace();
    const id = found.kind === 'known' ? found.id : found.binding;
    return { id, title: found.binding ?? id };
  } catch (error) {
    if (!(error instanceof GoblinError) || error.code !== 'no_namespace') throw error;
    await context.log.note(
      `The wrangler file binds no KV namespace; the edge Worker gets a local one, ${EDGE_BINDING}.`,
    );
    return { id: EDGE_BINDING, title: EDGE_BINDING };
  }
}

/**
 * The D1 databases of the edge Worker by their bindings. Where the wrangler file binds none, it gets one of this
 * machine's own, `own`, so that all of the Worker can be tried.
 */
export async function edgeDatabases(
  { log }: Context,
  { d1Databases }: WranglerFile,
): Promise<{ bindings: Record<string, string>; own: Database | null }> {
  const bound = d1Databases.value.map((d1) => [d1.binding, localDatabaseId(d1)] as const);
  if (bound.length > 0) return { bindings: Object.fromEntries(bound), own: null };
  await log.note(
    `The wrangler file binds no D1 database; the edge Worker gets a local one, ${EDGE_DATABASE}: ` +
      `\`goblin d1 migrate --local --database ${EDGE_DATABASE}\` sets it up.`,
  );
  const own = { id: EDGE_DATABASE, name: EDGE_DATABASE };
  return { bindings: { [EDGE_DATABASE]: EDGE_DATABASE }, own };
}

/** A list with one more, unless it is there. */
export function withResource<T extends { id: string }>(all: readonly T[], one: T): T[] {
  return all.some(({ id }) => id === one.id) ? [...all] : [...all, one];
}
