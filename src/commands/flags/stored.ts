/** The stored flags as commands begin with them, and where they are stored. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { kvFlagStore } from '../../flags/kv/store.ts';
import type { FlagStore, StoredFlags } from '../../flags/store.ts';
import { REPAIR, warnAbout } from './rows.ts';

/** The store of this run's flags. */
export async function openFlags(context: Context): Promise<FlagStore> {
  const { now, sleep, random, signal } = context;
  return kvFlagStore({ kv: await context.kv(), now, sleep, random, signal });
}

/** Reads the flags for a command that shows them, and warns of what is wrong with them. */
export async function look(context: Context): Promise<StoredFlags> {
  const stored = await (await openFlags(context)).read();
  await warnAbout(context, stored);
  return stored;
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
