import type { WorkerOptions } from 'miniflare';
import { createdDatabases, registryFolder, spareIds } from './database-registry.ts';
import { type Database, databaseBinding } from './databases.ts';

/**
 * The API Worker's part of the D1 databases: those of the wrangler file, those that were created through the
 * API, and spare ones for those that may be created while the engine runs.
 */
export function databaseOptions(
  stateDir: string,
  configured: readonly Database[],
  spares: number,
): Required<Pick<WorkerOptions, 'd1Databases' | 'serviceBindings' | 'bindings'>> {
  const folder = registryFolder(stateDir);
  const ids = new Set(configured.map(({ id }) => id));
  const created = createdDatabases(folder).filter(({ id }) => !ids.has(id));
  const spare = spareIds(spares);
  const all = [...configured.map(({ id }) => id), ...created.map(({ id }) => id), ...spare];
  return {
    d1Databases: Object.fromEntries(all.map((id, index) => [databaseBinding(index), id])),
    serviceBindings: { D1_REGISTRY: { disk: { path: folder, writable: true } } },
    bindings: {
      D1_IDS: all,
      D1_CONFIGURED: configured.map(({ id, name }) => ({ id, name })),
      D1_CREATED: created.map(({ id, name, createdAt }) => ({
        id,
        name,
        ...(createdAt && { createdAt }),
      })),
    },
  };
}
