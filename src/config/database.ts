import { GoblinError, usageError } from '../contract/errors.ts';
import { suggest } from '../text/nearest.ts';
import type { D1Binding } from './bindings.ts';
import { checkedId } from './cloudflare-id.ts';
import { type Machine, variable } from './machine.ts';
import type { Setting } from './setting.ts';
import type { WranglerFile } from './wrangler-file.ts';

/**
 * The D1 database a command works on. `named`: its id stands in the account's list of databases.
 * `provisioned`: the file leaves the id to Cloudflare, so it stands only in the settings of the deployed
 * Worker. `bound` is the wrangler file's entry, which also says where the migrations are.
 */
export type Database = { bound: D1Binding | undefined; origin: string } & (
  | { kind: 'known'; id: string }
  | { kind: 'named'; name: string }
  | { kind: 'provisioned'; binding: string; worker: string }
);

export interface DatabaseFlags {
  /** A name, an id or a binding. */
  database?: string | undefined;
}

const VARIABLE = 'GOBLIN_DATABASE';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** The bindings that mean goblin's database where a Worker has several, first choice first. */
const PREFERRED = ['DB', 'GOBLIN_DB'];

function noDatabase(message: string): GoblinError {
  return new GoblinError('access', 'no_database', message, {
    hint:
      'Create one with `wrangler d1 create goblin-assistant-db` and add what it prints to the wrangler file, ' +
      'or pass --database <name or id>.',
  });
}

/** `--database`, else `GOBLIN_DATABASE`. */
export function databaseAskedFor(
  { database }: DatabaseFlags,
  env: Machine['env'],
): Setting<string> | undefined {
  if (database !== undefined) return { value: database, origin: '--database' };
  const value = variable(env, VARIABLE);
  return value === undefined ? undefined : { value, origin: VARIABLE };
}

/**
 * The database of that name, id or binding, else one that the wrangler file binds: the only one, or the one
 * of the usual names. The file is read only where an id does not say it all.
 * @throws {GoblinError} `no_database` (exit 4), `which_database`, `bad_id`, and what reading the file throws
 */
export async function resolveDatabase(
  target: 'local' | 'remote',
  asked: Setting<string> | undefined,
  wranglerFile: () => Promise<WranglerFile | undefined>,
): Promise<Database> {
  if (asked && UUID.test(asked.value)) {
    return { kind: 'known', id: asked.value, bound: undefined, origin: asked.origin };
  }
  const file = await wranglerFile();
  if (!asked) {
    if (!file) throw noDatabase('no wrangler file was found, so the D1 database is unknown');
    return fromFile(target, file, onlyDatabase(file), file.d1Databases.origin);
  }
  const bound = file?.d1Databases.value.find(isCalled(asked.value));
  if (file && bound) return fromFile(target, file, bound, asked.origin);
  return { kind: 'named', name: asked.value, bound: undefined, origin: asked.origin };
}

function isCalled(word: string) {
  return ({ binding, databaseName, databaseId }: D1Binding) =>
    [binding, databaseName, databaseId].includes(word);
}

function onlyDatabase({ d1Databases: { value: all, origin } }: WranglerFile): D1Binding {
  const usual = PREFERRED.map((wanted) => all.find(({ binding }) => binding === wanted));
  const found = all.length === 1 ? all[0] : usual.find((each) => each !== undefined);
  if (found) return found;
  if (all.length === 0) throw noDatabase(`${origin}: there is no D1 database`);
  throw usageError(
    'which_database',
    `${origin}: there are ${all.length} D1 databases`,
    `Pass --database with one of: ${all.map(({ binding }) => binding).join(', ')}.`,
  );
}

function fromFile(
  target: 'local' | 'remote',
  file: WranglerFile,
  bound: D1Binding,
  origin: string,
): Database {
  if (target === 'local') return { kind: 'known', id: localDatabaseId(bound), bound, origin };
  const { binding, databaseId, databaseName } = bound;
  if (databaseId !== undefined) {
    const id = checkedId({ value: databaseId, origin }, 'a D1 database');
    return { kind: 'known', id, bound, origin };
  }
  if (file.name) return { kind: 'provisioned', binding, worker: file.name.value, bound, origin };
  if (databaseName !== undefined) return { kind: 'named', name: databaseName, bound, origin };
  throw noDatabase(`${origin}: ${binding} has no database_id, and the Worker has no name`);
}

/** The error for a name that is not in the account's list. */
export function unknownDatabase(
  { name, origin }: { name: string; origin: string },
  known: readonly string[],
): GoblinError {
  return new GoblinError('notFound', 'database_not_found', `${origin}: no D1 database ${name}`, {
    hint:
      known.length > 0
        ? suggest(name, known)
        : 'Create it with `wrangler d1 create`, or check the account.',
  });
}

/** The id under which `wrangler dev` keeps the database's data (read from wrangler 4.86.0's own source). */
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
