/**
 * The databases that were created through the local API rather than named in a wrangler file. They are kept
 * in `<state>/goblin/d1/databases.json`: the API Worker writes it, the engine reads it at its
 * start. workerd binds databases at its start only, so each one that may be created later needs a spare
 * binding beforehand; a running engine can create as many as it has spares.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, REGISTRY_FILE } from './databases.ts';
import { engineFolder } from './record.ts';

/** As many databases as an account of the free plan may have. A spare costs about 4 ms of the start. */
export const SPARE_DATABASES = 10;

/** Where the registry of a state is kept; the folder exists afterwards. */
export function registryFolder(stateDir: string): string {
  const folder = join(engineFolder(stateDir), 'd1');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** The databases that were created and not deleted again; none where the file is missing or broken. */
export function createdDatabases(folder: string): Database[] {
  try {
    const stored: unknown = JSON.parse(readFileSync(join(folder, REGISTRY_FILE), 'utf8'));
    return Array.isArray(stored) ? stored.filter(isDatabase) : [];
  } catch {
    return [];
  }
}

/** Ids for databases to come, made as Cloudflare makes them. */
export function spareIds(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID());
}

function isDatabase(value: unknown): value is Database {
  const { id, name } = (value ?? {}) as Record<string, unknown>;
  return typeof id === 'string' && typeof name === 'string';
}
