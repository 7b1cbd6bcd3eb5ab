/** The stored flags as commands begin with them, and where they are stored. */
import type { Database } from '../../config/database.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import type { D1FlagStore } from '../../flags/d1/store.ts';
import { kvFlagStore } from '../../flags/kv/store.ts';
import type { FlagStore, StoredFlags } from '../../flags/store.ts';
import { REPAIR, warnAbout } from './rows.ts';

/** The store of this run's flags: D1 where a database is bound, else KV. */
export async function openFlags(context: Context): Promise<FlagStore> {
  if (await isInDatabase(context)) return unlessWithoutTable(context);
  return openKvFlags(context);
}

/**
 * The flags in D1, for commands that need a history or details.
 * @throws {GoblinError} `no_database`, exit 4
 */
export async function openFlagDatabase(context: Context): Promise<D1FlagStore> {
  await (await context.config()).database();
  if (!(await isInDatabase(context))) throw otherNamespace();
  const db = await context.database();
  const { d1FlagStore } = await import('../../flags/d1/store.ts');
  return d1FlagStore({ ...(await partsOf(context)), db });
}

function otherNamespace(): GoblinError {
  const message =
    'the flags of this namespace are in KV: the wrangler file binds its database to others';
  return new GoblinError('access', 'no_database', message, {
    hint: 'Pass --database <name or id> if its flags are in D1.',
  });
}

async function openKvFlags(context: Context): Promise<FlagStore> {
  return kvFlagStore(await partsOf(context));
}

async function partsOf(context: Context) {
  const { now, sleep, random, signal } = context;
  return { kv: await context.kv(), now, sleep, random, signal };
}

/**
 * Whether the flags of this run are in a database. One that the wrangler file binds belongs to the namespaces in
 * that file: a namespace from elsewhere has flags of its own.
 */
export async function isInDatabase(context: Context): Promise<boolean> {
  const config = await context.config();
  const database = await config.database().catch(absent);
  if (database === null) return false;
  const file = await config.wranglerFile();
  if (database.bound === undefined || database.origin !== file?.d1Databases.origin) return true;
  const namespace = await config.namespace();
  if (namespace.kind === 'provisioned' || namespace.binding !== undefined) return true;
  return file.kvNamespaces.value.some(({ id, previewId, binding }) =>
    [id, previewId, binding].includes(namespace.id),
  );
}

function absent(error: unknown): Database | null {
  if (error instanceof GoblinError && error.code === 'no_database') return null;
  throw error;
}

/** The flags in D1; in KV where the database was not set up yet, for the edge then reads KV alone. */
async function unlessWithoutTable(context: Context): Promise<FlagStore> {
  let store: FlagStore = await openFlagDatabase(context);
  return {
    async read() {
      try {
        return await store.read();
      } catch (error) {
        if (!(error instanceof GoblinError) || error.code !== 'no_such_table') throw error;
        await context.log.warn(
          'the D1 database has no table of flags, so the flags are in KV alone',
        );
        store = await openKvFlags(context);
        return store.read();
      }
    },
    settle: (stored) => store.settle(stored),
  };
}

/** Reads the flags for a command that shows them, and warns of what is wrong with them. */
export async function look(context: Context): Promise<StoredFlags> {
  const store = await openFlags(context);
  const stored = await store.read();
  await warnAbout(context, stored);
  await heal(context, store, stored);
  return stored;
}

/** Finishes what a run left that wrote D1 and did not come to write KV. That it cannot is no error of this run. */
export async function heal(context: Context, store: FlagStore, stored: StoredFlags): Promise<void> {
  try {
    if (!(await store.settle(stored))) return;
    await context.log.warn('KV did not hold the flags of D1, which edges read; now it does');
  } catch (error) {
    if (!(error instanceof GoblinError) || error.outcome === 'interrupted') throw error;
    await context.log.warn(`KV may not hold the flags of D1, which edges read: ${error.message}`);
  }
}

/**
 * Refuses flags that cannot be read: a write would lose what somebody may want to save.
 * @throws {GoblinError} `broken_document`, exit 1
 */
export function refuseBroken({ problem }: StoredFlags, environment?: string): void {
  if (problem === null) return;
  const where = environment === undefined ? '' : ` in ${environment}`;
  const message = `the stored flags${where} are broken: ${problem}`;
  throw new GoblinError('failed', 'broken_document', message, { hint: REPAIR });
}
