/**
 * Bulk calls with a report for each key. Cloudflare may apply a batch in part and names the other keys
 * (`unsuccessful_keys`); those are sent again, and the ones that still fail are reported by name.
 */

import type { BulkResult, BulkWrite } from '../api/kv-shapes.ts';
import { GoblinError, interrupted } from '../contract/errors.ts';
import { BULK_BYTES, BULK_KEYS } from '../shards/kv-limits.ts';
import type { BulkOptions } from './namespace.ts';

/** Bytes of JSON in one bulk write, below the limit by a margin for how the API counts. */
const SAFE_BYTES = 0.9 * BULK_BYTES;
const MAX_ROUNDS = 4;

/** What became of the keys of a bulk operation; every key is in exactly one list. */
export interface BulkReport {
  done: string[];
  /** Refused by the API in every round. */
  failed: string[];
  /** Sent, but the answer was lost: they may or may not have been applied. */
  unknown: string[];
  /** Certainly not applied: not sent, or refused as a whole. */
  untried: string[];
  /** Expired, or about to, before they were sent. */
  gone?: string[];
  /** Why it stopped before the end. */
  stopped: GoblinError | null;
}

export function emptyReport(): BulkReport {
  return { done: [], failed: [], unknown: [], untried: [], stopped: null };
}

/** Adds what became of further keys to a report. */
export function addReport(total: BulkReport, part: BulkReport): void {
  append(total.done, part.done);
  append(total.failed, part.failed);
  append(total.unknown, part.unknown);
  append(total.untried, part.untried);
  total.gone ??= [];
  append(total.gone, part.gone ?? []);
  total.stopped ??= part.stopped;
}

/** Sends batch after batch. It does not throw: the report has an outcome for every key, and why it stopped. */
export async function inBatches<Item>(
  batches: readonly Item[][],
  keyOf: (item: Item) => string,
  { signal, onProgress }: BulkOptions,
  send: (batch: Item[]) => Promise<BulkResult>,
): Promise<BulkReport> {
  const report = emptyReport();
  for (const batch of batches) {
    if (signal?.aborted) report.stopped ??= interrupted();
    if (report.stopped) append(report.untried, batch.map(keyOf));
    else await sendBatch(batch, keyOf, send, report);
    onProgress?.(report.done.length);
  }
  return report;
}

async function sendBatch<Item>(
  batch: Item[],
  keyOf: (item: Item) => string,
  send: (batch: Item[]) => Promise<BulkResult>,
  report: BulkReport,
): Promise<void> {
  let rest = batch;
  try {
    for (let round = 0; round < MAX_ROUNDS && rest.length > 0; round++) {
      const refused = new Set((await send(rest)).unsuccessful_keys);
      append(
        report.done,
        rest.map(keyOf).filter((key) => !refused.has(key)),
      );
      rest = rest.filter((item) => refused.has(keyOf(item)));
    }
    append(report.failed, rest.map(keyOf));
  } catch (error) {
    report.stopped = asStop(error);
    append(report.stopped.maybeApplied ? report.unknown : report.untried, rest.map(keyOf));
  }
}

/** Why it stopped. An unexpected error becomes part of the report, too, so that the report is not lost. */
export function asStop(error: unknown): GoblinError {
  if (error instanceof GoblinError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new GoblinError('failed', 'unexpected', `unexpected: ${message}`, {
    hint: 'This is a fault in goblin; please report it with the command line.',
    maybeApplied: true,
    cause: error,
  });
}

/** Batches of pairs within both limits of a bulk request. A pair too large for any goes alone. */
export function writeBatches(writes: readonly BulkWrite[]): BulkWrite[][] {
  const batches: BulkWrite[][] = [];
  let batch: BulkWrite[] = [];
  let bytes = 0;
  for (const write of writes) {
    const size = sizeOf(write);
    if (batch.length === BULK_KEYS || (batch.length > 0 && bytes + size > SAFE_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(write);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function sizeOf(write: BulkWrite): number {
  return Buffer.byteLength(JSON.stringify(write)) + 1;
}

// Not push(...items): a hundred thousand arguments overflow the stack.
function append(list: string[], items: readonly string[]): void {
  for (const item of items) list.push(item);
}

/** Splits into runs of at most `size`. */
export function slices<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
