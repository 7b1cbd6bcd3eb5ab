/**
 * Deleting what edges may write back: one that read a session shortly before, from KV's own cache of 30 s,
 * may write the session's activity after it was deleted here, and the session is there again.
 */
import type { Context } from '../../context.ts';
import { GoblinError, interrupted } from '../../contract/errors.ts';
import type { BulkReport } from '../../kv/bulk.ts';
import type { BulkOptions, KvStore } from '../../kv/namespace.ts';

/** After this no edge holds what it read before the deletion; the next activity is written 5 minutes later. */
const LOOK_AGAIN_MS = 35_000;

/** Deletes keys, looks again when edges know of it, and deletes those that came back. It does not throw. */
export async function deleteForGood(
  context: Context,
  kv: KvStore,
  keys: readonly string[],
  options: BulkOptions,
): Promise<BulkReport> {
  const report = await kv.deleteMany(keys, options);
  if (report.done.length === 0 || report.stopped) return report;
  try {
    await context.log.note('Looking again in 35 s, for an edge may have written one back.');
    await context.sleep(LOOK_AGAIN_MS, context.signal);
    if (context.signal.aborted) throw interrupted('interrupted before looking again');
    return withSecond(report, await deleteAgain(context, kv, report.done, options));
  } catch (error) {
    if (!(error instanceof GoblinError)) throw error;
    return { ...report, stopped: error };
  }
}

async function deleteAgain(
  { log }: Context,
  kv: KvStore,
  keys: readonly string[],
  options: BulkOptions,
): Promise<BulkReport> {
  const back = [...(await kv.getMany(keys)).keys()];
  if (back.length === 0) await log.note('None came back.');
  else await log.note(`${back.length} came back; deleting again.`);
  return kv.deleteMany(back, options);
}

/** Of those that came back, the second deletion tells what became of them. */
function withSecond(first: BulkReport, second: BulkReport): BulkReport {
  const open = new Set([...second.failed, ...second.unknown, ...second.untried]);
  return {
    ...first,
    done: first.done.filter((key) => !open.has(key)),
    failed: [...first.failed, ...second.failed],
    unknown: second.unknown,
    untried: second.untried,
    stopped: second.stopped,
  };
}
