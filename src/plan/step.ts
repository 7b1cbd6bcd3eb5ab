/**
 * The steps of a plan. A step is what one store is asked to change: keys of a namespace, rows of a database,
 * rooms at the edge. A plan may hold steps of several stores; whoever carries it out knows none of them.
 */
import type { Counts } from '../api/usage.ts';
import type { GoblinError } from '../contract/errors.ts';
import type { BulkReport } from '../kv/bulk.ts';
import type { KvStore } from '../kv/namespace.ts';
import type { Shown } from '../output/columns.ts';
import { BULK_KEYS } from '../shards/kv-limits.ts';

export interface Change<Row> {
  /** Unique within its step: of a key its name. Never shown, for it may be a secret. */
  id: string;
  /** What is shown of it. */
  row: Shown<Row>;
}

/**
 * What became of a change: `failed` was refused, `unknown` was sent but its answer is lost, `untried` was
 * certainly not applied, `gone` had nothing left to change when it was its turn.
 */
export type ChangeOutcome = 'done' | 'failed' | 'unknown' | 'untried' | 'gone';

export interface StepReport {
  /** Of every change, by its id. */
  outcomes: ReadonlyMap<string, ChangeOutcome>;
  /** Why it ended before the last change. */
  stopped: GoblinError | null;
}

export interface ApplyOptions {
  /** Asked between requests, so that Ctrl-C ends at a known point. */
  signal: AbortSignal;
  /** Told how many changes of this step are done. */
  onProgress: (done: number) => void;
}

export interface Step<Row> {
  changes: readonly Change<Row>[];
  /** What applying it uses. */
  cost: Counts;
  /**
   * Applies all changes. What happens on the way belongs in the report.
   * @throws {GoblinError} if nothing was applied; or, with `maybeApplied`, if that is not known
   */
  apply(options: ApplyOptions): Promise<StepReport>;
}

interface KeyRecord<Row> {
  key: string;
  row: Shown<Row>;
}

/** Keys as changes. */
export function keyChanges<Row>(records: readonly KeyRecord<Row>[]): Change<Row>[] {
  return records.map(({ key, row }) => ({ id: key, row }));
}

/** Deletes keys of a namespace, 10,000 a request. */
export function deleteKeys<Row>(kv: KvStore, records: readonly KeyRecord<Row>[]): Step<Row> {
  const changes = keyChanges(records);
  const keys = changes.map(({ id }) => id);
  return {
    changes,
    cost: { requests: Math.ceil(keys.length / BULK_KEYS), 'kv.delete': keys.length },
    apply: async (options) => reportOf(await kv.deleteMany(keys, options)),
  };
}

/** The report of a bulk operation on a namespace, whose changes are its keys. */
export function reportOf(report: BulkReport): StepReport {
  const outcomes = new Map<string, ChangeOutcome>();
  for (const outcome of ['done', 'failed', 'unknown', 'untried', 'gone'] as const) {
    for (const key of report[outcome] ?? []) outcomes.set(key, outcome);
  }
  return { outcomes, stopped: report.stopped };
}

/** The report of a step all of whose changes had the same outcome. */
export function allOf(
  changes: readonly Change<unknown>[],
  outcome: ChangeOutcome,
  stopped: GoblinError | null = null,
): StepReport {
  return { outcomes: new Map(changes.map(({ id }) => [id, outcome])), stopped };
}
