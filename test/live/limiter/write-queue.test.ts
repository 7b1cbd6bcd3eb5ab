import { expect, it } from 'vitest';
import { WriteQueue } from '../../../worker/live/src/limiter/write-queue.ts';

/** A queue whose pauses end when the test says so. */
function newQueue() {
  const pauses: { ms: number; end(): void }[] = [];
  const queue = new WriteQueue(
    (ms) => new Promise<void>((resolve) => pauses.push({ ms, end: resolve })),
  );
  return { queue, pauses };
}

it('begins a write a second after the one before, whether that failed or not', async () => {
  const { queue, pauses } = newQueue();
  const begun: string[] = [];
  const first = queue.add(async () => {
    begun.push('first');
    throw new Error('KV is down');
  });
  const second = queue.add(async () => void begun.push('second'));
  await expect(first).rejects.toThrow('KV is down');
  expect(begun).toEqual(['first']);
  expect(pauses.map(({ ms }) => ms)).toEqual([1000]);
  pauses[0]?.end();
  await second;
  expect(begun).toEqual(['first', 'second']);
});
