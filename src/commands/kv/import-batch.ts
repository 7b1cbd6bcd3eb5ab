/** One batch of an import: leaves out existing keys and those that expire too soon, and writes the rest. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { mayBeTooSoon } from '../../kv/expiry.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { maskKey } from '../../shards/handle.ts';
import type { Line } from './import-batches.ts';
import { type Present, present } from './present.ts';

/** What to do with keys that are there already. */
export type Conflict = 'fail' | 'skip' | 'overwrite';

export interface Policy {
  onConflict: Conflict;
  dryRun?: true;
}

/** Counts of keys by what became of them, and the last line that is done with. */
export interface Imported {
  written: number;
  /** Exists, and matches its line. */
  unchanged: number;
  /** Exists with another value, expiry or metadata. */
  conflicts: number;
  expired: number;
  refused: number;
  /** In a request that broke: they may or may not have been written. */
  unknown: number;
  last_line: number;
}

export function nothingImported(fromLine: number): Imported {
  const none = { written: 0, unchanged: 0, conflicts: 0, expired: 0, refused: 0, unknown: 0 };
  return { ...none, last_line: fromLine - 1 };
}

/** Keys named for each kind of problem; the others are only counted. */
const NAMED = 20;

/**
 * Imports a batch and adds to `total` what became of it.
 * @throws {GoblinError} exit 1 where keys are there already and `onConflict` is `fail`, and what the API
 *   threw; `last_line` then stays before the batch.
 */
export async function importBatch(
  context: Context,
  kv: KvStore,
  batch: readonly Line[],
  { onConflict, dryRun }: Policy,
  total: Imported,
): Promise<void> {
  const [short, alive] = parted(batch, ({ write }) => mayBeTooSoon(write, context.now()));
  const blind = onConflict === 'overwrite' && !dryRun;
  const there: Present = blind ? new Map() : await present(kv, alive);
  const fresh = alive.filter(({ write }) => !there.has(write.name));
  const conflicts = alive.filter(({ write }) => there.get(write.name) === 'other');
  if (onConflict === 'fail' && conflicts.length > 0 && !dryRun) throw conflict(conflicts);
  const lines = onConflict === 'overwrite' ? alive : fresh;
  if (dryRun) total.written += lines.length;
  else await write(context, kv, lines, total);
  await name(context, short, 'expires too soon for KV, left out', total.expired);
  total.conflicts += conflicts.length;
  total.unchanged += there.size - conflicts.length;
  total.expired += short.length;
  total.last_line = Math.max(total.last_line, ...lastLine(batch));
}

function parted<T>(items: readonly T[], test: (item: T) => boolean): [yes: T[], no: T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

function lastLine(batch: readonly Line[]): number[] {
  return batch.slice(-1).map(({ line }) => line);
}

/** Writes lines, and names those that the API refuses again and again. */
async function write(
  context: Context,
  kv: KvStore,
  lines: readonly Line[],
  total: Imported,
): Promise<void> {
  const report = await kv.putMany(
    lines.map((line) => line.write),
    { signal: context.signal },
  );
  const failed = new Set(report.failed);
  const refused = lines.filter((line) => failed.has(line.write.name));
  await name(context, refused, 'refused by the API', total.refused);
  total.written += report.done.length;
  total.refused += refused.length;
  total.unknown += report.unknown.length;
  if (report.stopped) throw report.stopped;
}

async function name({ log }: Context, lines: readonly Line[], fate: string, before: number) {
  const room = Math.max(0, NAMED - before);
  for (const { line, write } of lines.slice(0, room)) {
    await log.warn(`line ${line}: ${maskKey(write.name)} ${fate}`);
  }
  if (room > 0 && lines.length > room) await log.warn('… and more; the count is below');
}

function conflict(lines: readonly Line[]): GoblinError {
  const [first] = lines;
  const example = first ? `${maskKey(first.write.name)} (line ${first.line})` : '';
  const message = `${lines.length} keys are there already, such as ${example}`;
  return new GoblinError('failed', 'key_exists', message, {
    hint: 'Pass --on-conflict skip or --on-conflict overwrite.',
  });
}
