import { describe, expect, it } from 'vitest';
import { isToBeShared, merge, newBucket, nextShare } from '../../worker/src/bucket.ts';

const NOW = 1_800_000_000_000;

describe('a bucket', () => {
  it('ends 60 s after its first request', () => {
    expect(newBucket('203.0.113.9', NOW).resetAt).toBe(NOW + 60_000);
  });

  it('adds what was counted here to what KV shows, and ends when KV says', () => {
    const bucket = { ...newBucket('203.0.113.9', NOW), count: 5, fresh: 5 };
    merge(bucket, 30, { reset_at: NOW + 20_000 }, NOW);
    expect(bucket).toMatchObject({ count: 35, fresh: 5, resetAt: NOW + 20_000, seen: true });
  });

  it.each([
    ['a window that is over', 90, { reset_at: NOW }],
    ['what is older than its own last write', 90, { reset_at: NOW + 9, written_at: NOW - 2 }],
    ['nonsense', 'many', {}],
    ['a negative count', -1, {}],
    ['nothing, before KV has ever shown it', null, {}],
    ['a count with a fraction', 90.5, {}],
  ])('takes no notice of %s', (_what, value, metadata) => {
    const bucket = { ...newBucket('203.0.113.9', NOW), count: 7, fresh: 7, writtenAt: NOW - 1 };
    merge(bucket, value, metadata, NOW);
    expect(bucket).toMatchObject({ count: 7, fresh: 7, resetAt: NOW + 60_000, seen: false });
  });

  it('takes a count without metadata, in quotes or not, as the operator put it', () => {
    const bucket = newBucket('203.0.113.9', NOW);
    merge(bucket, '100', {}, NOW);
    expect(bucket).toMatchObject({ count: 100, resetAt: NOW + 60_000 });
    merge(bucket, 0, { reset_at: 'soon' }, NOW);
    expect(bucket).toMatchObject({ count: 0, resetAt: NOW + 60_000 });
  });

  it('that KV has shown and shows no more was deleted: it begins anew', () => {
    const bucket = { ...newBucket('203.0.113.9', NOW - 30_000), count: 100, fresh: 1, seen: true };
    merge(bucket, null, {}, NOW);
    expect(bucket).toMatchObject({ count: 0, fresh: 0, resetAt: NOW + 60_000, seen: false });
  });

  it('is to be shared when the count has doubled since KV heard of it, and at the limit', () => {
    const shares: number[] = [];
    const bucket = newBucket('203.0.113.9', NOW);
    while (bucket.count < 120) {
      bucket.count++;
      bucket.fresh++;
      if (!isToBeShared(bucket)) continue;
      shares.push(bucket.count);
      bucket.fresh = 0;
      bucket.shareAt = nextShare(bucket.count);
    }
    expect(shares).toEqual([20, 40, 80, 100]);
  });

  it('counts what others have shared as shared', () => {
    const bucket = { ...newBucket('203.0.113.9', NOW), count: 15, fresh: 15 };
    merge(bucket, 45, {}, NOW);
    expect(isToBeShared(bucket)).toBe(false);
    bucket.count = 90;
    expect(isToBeShared(bucket)).toBe(true);
  });
});
