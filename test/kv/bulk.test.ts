/** Bulk operations at their limits. */
import { describe, expect, it } from 'vitest';
import { addReport, emptyReport, writeBatches } from '../../src/kv/bulk.ts';
import { BULK_BYTES, BULK_KEYS } from '../../src/shards/kv-limits.ts';

describe('batches of writes', () => {
  // One text shared by all values, so that no memory is used for them.
  const MIB = 'x'.repeat(1024 * 1024);

  it('end before their JSON is as large as a request may be', () => {
    const writes = Array.from({ length: 200 }, (_, i) => ({ key: `k${i}`, value: MIB }));
    const batches = writeBatches(writes);
    expect(batches.flat()).toEqual(writes);
    for (const batch of batches) {
      const bytes = batch.reduce((sum, write) => sum + JSON.stringify(write).length + 1, 1);
      expect(bytes).toBeLessThanOrEqual(BULK_BYTES);
    }
    // And are not smaller than need be.
    expect(batches).toHaveLength(3);
  });

  it('count bytes, not characters', () => {
    const writes = Array.from({ length: 50 }, (_, i) => ({
      key: `k${i}`,
      value: '€'.repeat(1024 * 1024),
    }));
    for (const batch of writeBatches(writes)) {
      expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThanOrEqual(BULK_BYTES);
    }
  });

  it('hold no more keys than a request may have', () => {
    const writes = Array.from({ length: BULK_KEYS + 1 }, (_, i) => ({ key: `${i}`, value: '' }));
    expect(writeBatches(writes).map(({ length }) => length)).toEqual([BULK_KEYS, 1]);
  });
});

it('reports of 200,000 keys add up', () => {
  const keys = Array.from({ length: 200_000 }, (_, i) => `${i}`);
  const total = emptyReport();
  addReport(total, { ...emptyReport(), done: keys, untried: keys, gone: keys });
  addReport(total, { ...emptyReport(), done: ['last'] });
  expect([total.done.length, total.untried.length, total.gone?.length]).toEqual([
    200_001, 200_000, 200_000,
  ]);
});
