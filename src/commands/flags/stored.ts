/** The stored flags, as commands begin with them. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { readFlags, type StoredFlags } from '../../flags/kv-store.ts';
import { MEND, warnAbout } from './rows.ts';

/** Reads the flags for a command that shows them, and warns of what is wrong with them. */
export async function look(context: Context): Promise<StoredFlags> {
  const stored = await readFlags(await context.kv());
  await warnAbout(context, stored);
  return stored;
}

/**
 * Refuses a document that cannot be read: writing over it would lose what somebody may want to save.
 * @throws {GoblinError} `broken_document`, exit 1
 */
export function refuseBroken({ problem }: StoredFlags, environment?: string): void {
  if (problem === null) return;
  const where = environment === undefined ? '' : ` in ${environment}`;
  const message = `the stored flags${where} are broken: ${problem}`;
  throw new GoblinError('failed', 'broken_document', message, { hint: MEND });
}
