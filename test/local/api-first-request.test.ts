import { afterEach, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine } from '../engine.ts';

let engine: TestEngine;
afterEach(() => engine.dispose());

const bulkRead = { method: 'POST', body: '{"keys":["a"]}' };

describe('a fresh engine', () => {
  it.each([
    ['a bulk read', () => engine.kv('/bulk/get', bulkRead)],
    ['a list', () => engine.kv('/keys')],
    ['a path that there is not', () => engine.kv('/nowhere')],
  ])('answers every request that comes after %s', async (_, first) => {
    engine = await startTestEngine();
    await first();
    const later = [
      await engine.kv('/values/a', { method: 'PUT', body: '1' }),
      await engine.kv('/values/a'),
      await engine.kv('/keys'),
      await engine.kv('/bulk/get', bulkRead),
      await engine.kv('/values/a', { method: 'DELETE' }),
    ];
    expect(later.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });
});
