import type { AnyRow } from './columns.ts';

/**
 * Rows in batches of `size`, so that text is made and written for many at once. When `closed` is aborted
 * it ends, and ends its source.
 */
export async function* batched(
  rows: Iterable<AnyRow> | AsyncIterable<AnyRow>,
  size: number,
  closed: AbortSignal,
): AsyncGenerator<readonly AnyRow[]> {
  let batch: AnyRow[] = [];
  for await (const row of rows) {
    if (closed.aborted) return;
    batch.push(row);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
