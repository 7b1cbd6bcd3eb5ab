/**
 * Which databases there are: those of the wrangler file and those that were created through this API. What
 * changes here is remembered in the registry file, from which the engine binds them at its next start.
 */
import { type Database, databaseBinding, REGISTRY_FILE } from '../../databases.ts';
import type { Bindings } from '../bindings.ts';
import { databaseNotFound, invalidProperty, nameTaken, tooManyDatabases } from './failure.ts';

/**
 * The state of this run, for `Bindings` are what they were at the engine's start. `deleted` may hold
 * databases of the wrangler file: they are there again, empty, when the engine next starts.
 */
interface Run {
  created: Database[];
  deleted: Set<string>;
  /** The last write of the registry file: writes are done one after the other. */
  saved: Promise<unknown>;
}

const runs = new WeakMap<Fetcher, Run>();

function runOf({ D1_REGISTRY, D1_CREATED }: Bindings): Run {
  const run = runs.get(D1_REGISTRY) ?? {
    created: [...D1_CREATED],
    deleted: new Set(),
    saved: Promise.resolve(),
  };
  runs.set(D1_REGISTRY, run);
  return run;
}

export function allDatabases(bindings: Bindings): Database[] {
  const { created, deleted } = runOf(bindings);
  return [...bindings.D1_CONFIGURED, ...created].filter(({ id }) => !deleted.has(id));
}

/** By id, else by name, as Cloudflare looks it up. @throws ApiFailure 404/7404 */
export function findDatabase(bindings: Bindings, idOrName: string): Database {
  const all = allDatabases(bindings);
  const found = all.find(({ id }) => id === idOrName) ?? all.find(({ name }) => name === idOrName);
  if (!found) throw databaseNotFound(idOrName);
  return found;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The binding of a database by its id alone: a name is refused here.
 * @throws ApiFailure 400/7400 for an invalid id, 404/7404 where there is no such database.
 */
export function findD1(bindings: Bindings, id: string): D1Database {
  if (!allDatabases(bindings).some((database) => database.id === id)) {
    throw UUID.test(id) ? databaseNotFound(id) : invalidProperty('databaseId', 'Invalid uuid');
  }
  const index = bindings.D1_IDS.indexOf(id);
  return bindings[databaseBinding(index) as `D1_${number}`] as D1Database;
}

/** @throws ApiFailure 400/7502 where the name is taken, 400/7406 where no spare database is left. */
export async function createDatabase(bindings: Bindings, name: string): Promise<Database> {
  const run = runOf(bindings);
  if (allDatabases(bindings).some((database) => database.name === name)) throw nameTaken(name);
  const known = bindings.D1_CONFIGURED.length + bindings.D1_CREATED.length;
  const spare = bindings.D1_IDS.slice(known);
  const used = new Set([...run.created.map(({ id }) => id), ...run.deleted]);
  const id = spare.find((each) => !used.has(each));
  if (id === undefined) throw tooManyDatabases(spare.length);
  const database = { id, name, createdAt: new Date().toISOString() };
  run.created.push(database);
  await save(bindings, run);
  return database;
}

export async function forgetDatabase(bindings: Bindings, id: string): Promise<void> {
  const run = runOf(bindings);
  run.deleted.add(id);
  run.created = run.created.filter((database) => database.id !== id);
  await save(bindings, run);
}

function save({ D1_REGISTRY }: Bindings, run: Run): Promise<unknown> {
  const body = `${JSON.stringify(run.created, null, 2)}\n`;
  run.saved = run.saved
    .catch(() => {})
    .then(() => D1_REGISTRY.fetch(`http://registry/${REGISTRY_FILE}`, { method: 'PUT', body }))
    .then((reply) => {
      if (!reply.ok) throw new Error(`cannot write ${REGISTRY_FILE}: HTTP ${reply.status}`);
    });
  return run.saved;
}
