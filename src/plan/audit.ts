/**
 * The audit row of a changing command. Plans and single writes pass here and nowhere else. Without a D1 database
 * nothing is asked and nothing is written; where the row cannot be written, the command itself has still done its
 * work, so that is a warning.
 */
import type { Context } from '../context.ts';
import { GoblinError } from '../contract/errors.ts';
import type { AuditEntry, AuditInBatch } from '../tables/audit.ts';

/** What a change is about. Nothing of a value belongs here, and no token. */
export interface Subject {
  /** What was changed: a key, a user, a flag. Null where it is more than one thing. */
  target: string | null;
  /** Counts and names. */
  details?: Readonly<Record<string, unknown>>;
}

/** `unknown` was sent, but its answer is lost. */
export type AuditOutcome = 'done' | 'partial' | 'failed' | 'unknown';

/** Characters of a target that are kept: KV's keys have 512 bytes at most. */
const MOST_TARGET = 1024;

/**
 * Makes one change: says the target of the run, changes, and writes the audit row, of a failure too. A change that
 * is stored in D1 may write its row in the same transaction; what fails after that has a second row.
 * @throws what `change` throws, after the row is written
 */
export async function changing<Result>(
  context: Context,
  subject: Subject,
  change: (inBatch: AuditInBatch) => Promise<Result>,
): Promise<Result> {
  await context.announceTarget();
  let isWritten = false;
  const inBatch: AuditInBatch = {
    entry: () => entryOf(context, subject, 'done'),
    written: () => {
      isWritten = true;
    },
  };
  try {
    const result = await change(inBatch);
    if (!isWritten) await writeAudit(context, subject, 'done');
    return result;
  } catch (error) {
    await writeAudit(context, subject, outcomeOf(error));
    throw error;
  }
}

/** Whether a change that threw may have been applied, wholly or in part. */
export function outcomeOf(error: unknown): AuditOutcome {
  if (!(error instanceof GoblinError)) return 'unknown';
  if (error.outcome === 'partial') return 'partial';
  return error.maybeApplied ? 'unknown' : 'failed';
}

/** Writes the row of what was done, named after the command: `sessions.revoke`. It does not throw. */
export async function writeAudit(
  context: Context,
  subject: Subject,
  outcome: AuditOutcome,
): Promise<void> {
  try {
    if (!(await hasDatabase(context))) return;
    const [{ insertAudit }, database, entry] = await Promise.all([
      import('../tables/audit.ts'),
      context.database(),
      entryOf(context, subject, outcome),
    ]);
    const { sql, params } = insertAudit([entry]);
    await database.query(sql, params);
  } catch (error) {
    await warnOf(context, error);
  }
}

async function entryOf(
  context: Context,
  { target, details }: Subject,
  outcome: AuditOutcome,
): Promise<AuditEntry> {
  const [{ maskKey }, actor] = await Promise.all([import('../shards/handle.ts'), context.actor()]);
  return {
    actor: actor.name.toWellFormed(),
    action: context.command,
    target: target === null ? null : maskKey(target).toWellFormed().slice(0, MOST_TARGET),
    details: { ...details, actor_from: actor.origin },
    outcome,
    source: 'cli',
  };
}

async function hasDatabase(context: Context): Promise<boolean> {
  try {
    await (await context.config()).database();
    return true;
  } catch (error) {
    if (error instanceof GoblinError && error.code === 'no_database') return false;
    throw error;
  }
}

async function warnOf({ log }: Context, error: unknown): Promise<void> {
  const why = error instanceof Error ? error.message : String(error);
  const doubt = error instanceof GoblinError && error.maybeApplied ? 'may not be' : 'is not';
  await log.warn(`this change ${doubt} in the audit log: ${why}`);
}
