/** One batch of an import: what is there already, what expires too soon, and the write of the rest. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../errors.ts';
import { maskKey } from '../../shards/handle.ts';
import { type KvStore, slices } from '../../stores/kv.ts';
import type { Line } from './import-batches.ts';
import { isTooShort } from './life.ts';

/** What to do with keys that are there already. */
export type Conflict = 'fail' | 'skip' | 'overwrite';

export interface Policy {
  onConflict: Conflict;
  dryRun?: true;
}

/** Counts of keys by what became of them, and the last line that is done with. */
export interface Imported {
  written: number;
  conflicts: number;
  expired: number;
  refused: number;
  last_line: number;
}

/** Keys asked for at once: their values come with the answer, and fill memory. */
const KEYS_AT_ONCE = 1000;

/** Keys named of each kind of trouble; the rest is counted. */
const NAMED = 20;

/**
 * Imports a batch and adds to `total` what became of it.
 * @throws {GoblinError} exit 1 where keys are there already and `onConflict` is `fail`, and what the API
 *   threw; `total` then ends before the batch.
 */
export async function importBatch(
  context: Context,
  kv: KvStore,
  batch: readonly Line[],
  { onConflict, dryRun }: Policy,
  total: Imported,
): Promise<void> {
  const [short, alive] = parted(batch, ({ write }) => isTooShort(write, context.now()));
  const there = onConflict === 'overwrite' && !dryRun ? new Set() : await present(kv, alive);
  const [conflicts, fresh] = parted(alive, ({ write }) => there.has(write.key));
  if (onConflict === 'fail' && conflicts.length > 0 && !dryRun) throw conflict(conflicts);
  const lines = onConflict === 'overwrite' ? alive : fresh;
  const refused = dryRun ? [] : await write(context, kv, lines);
  await name(context, short, 'expires too soon for KV, left out', total.expired);
  await name(context, refused, 'refused by the API', total.refused);
  total.written += lines.length - refused.length;
  total.conflicts += conflicts.length;
  total.expired += short.length;
  total.refused += refused.length;
  total.last_line = Math.max(total.last_line, ...lastLine(batch));
}

function parted<T>(items: readonly T[], test: (item: T) => boolean): [yes: T[], no: T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

function lastLine(batch: readonly Line[]): number[] {
  return batch.slice(-1).map(({ line }) => line);
}

async function present(kv: KvStore, lines: readonly Line[]): Promise<Set<string>> {
  const there = new Set<string>();
  const keys = lines.map(({ write }) => write.key);
  for (const slice of slices(keys, KEYS_AT_ONCE)) {
    for (const key of (await kv.getMany(slice)).keys()) there.add(key);
  }
  return there;
}

/** @returns the lines that the API refused again and again */
async function write(context: Context, kv: KvStore, lines: readonly Line[]): Promise<Line[]> {
  const report = await kv.putMany(
    lines.map((line) => line.write),
    { signal: context.signal },
  );
  if (report.stopped) throw report.stopped;
  const failed = new Set(report.failed);
  return lines.filter((line) => failed.has(line.write.key));
}

async function name({ log }: Context, lines: readonly Line[], fate: string, before: number) {
  const room = Math.max(0, NAMED - before);
  for (const { line, write } of lines.slice(0, room)) {
    await log.warn(`line ${line}: ${maskKey(write.key)} ${fate}`);
  }
  if (room > 0 && lines.length > room) await log.warn('… and more; the count is below');
}

function conflict(lines: readonly Line[]): GoblinError {
  const [first] = lines;
  const example = first ? `${maskKey(first.write.key)} (line ${first.line})` : '';
  const message = `${lines.length} keys are there already, such as ${example}`;
  return new GoblinError('failed', 'key_exists', message, {
    hint: 'Pass --on-conflict skip or --on-conflict overwrite.',
  });
}
