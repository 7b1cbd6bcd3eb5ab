import { expect, it, vi } from 'vitest';
import { MirrorKv } from '../../../worker/live/src/limiter/mirror-kv.ts';

it('writes a second after the write before began, whether that failed or not', async () => {
  const pauses: { ms: number; end(): void }[] = [];
  const put = vi.fn().mockRejectedValueOnce(new Error('KV is down')).mockResolvedValue(undefined);
  const mirror = new MirrorKv(
    { put } as unknown as KVNamespace,
    (ms) => new Promise<void>((resolve) => pauses.push({ ms, end: resolve })),
  );
  const bucket = { count: 20, reset_at: Date.now() + 60_000 };
  const first = mirror.put('203.0.113.9', bucket);
  const second = mirror.put('203.0.113.9', { ...bucket, count: 40 });
  await expect(first).rejects.toThrow('KV is down');
  expect(put).toHaveBeenCalledOnce();
  expect(pauses.map(({ ms }) => ms)).toEqual([1000]);
  pauses[0]?.end();
  await second;
  expect(put.mock.calls.map(([, value]) => value)).toEqual(['20', '40']);
});
