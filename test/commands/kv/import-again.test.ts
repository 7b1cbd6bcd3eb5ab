/** An import meets keys that are there: its own from a run before, or others. */
import { describe, expect, it } from 'vitest';
import { MEMORY_ENV, memoryApi } from '../../memory-api.ts';
import { run } from '../../run.ts';

const BYTES = Buffer.from([0xff, 0, 0xfe]);

const line = (rest: object) => `${JSON.stringify({ key: 'k', ...rest })}\n`;

describe('a key that is there as its line says is unchanged', () => {
  it.each([
    ['a text', {}, { value: 'v' }],
    ['metadata, in any order', { metadata: { a: 1, b: [2] } }, { metadata: { b: [2], a: 1 } }],
    ['an expiry', { expiration: 4e9 }, { expiration: 4e9 }],
    ['a life that began before', { expiration_ttl: 600 }, { expiration: 3e9 }],
    [
      'bytes with metadata',
      { value: BYTES.toString('base64'), base64: true, metadata: { a: 1 } },
      { value: BYTES, metadata: { a: 1 } },
    ],
  ])('with %s', async (_, given, stored) => {
    const { fetch, records } = memoryApi([{ key: 'k', value: 'v', ...stored }]);
    const before = { ...records.get('k') };
    for (const policy of ['fail', 'skip']) {
      const ran = await run(`kv import - --json --on-conflict ${policy} --namespace-id abc`, {
        env: MEMORY_ENV,
        fetch,
        stdin: line({ value: 'v', ...given }),
      });
      expect([ran.code, ran.json()]).toEqual([
        0,
        expect.objectContaining({ written: 0, unchanged: 1, conflicts: 0, last_line: 1 }),
      ]);
    }
    expect(records.get('k')).toEqual(before);
  });
});

describe('a key that is there with anything else is a conflict', () => {
  it.each([
    ['value', { value: 'w' }, {}],
    ['metadata', { metadata: { a: 1 } }, { metadata: { a: 2 } }],
    ['metadata where the line has none', {}, { metadata: { a: 2 } }],
    ['expiry', { expiration: 4e9 }, { expiration: 3e9 }],
    ['no expiry', { expiration_ttl: 600 }, {}],
    [
      'metadata of bytes',
      { value: BYTES.toString('base64'), base64: true },
      { value: BYTES, metadata: { a: 1 } },
    ],
  ])('%s', async (_, given, stored) => {
    const { fetch } = memoryApi([{ key: 'k', value: 'v', ...stored }]);
    const { code, stderr } = await run('kv import - --namespace-id abc', {
      env: MEMORY_ENV,
      fetch,
      stdin: line({ value: 'v', ...given }),
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('1 keys are there already')]);
  });
});

it('counts on a dry run what is unchanged apart from what conflicts', async () => {
  const { fetch, records } = memoryApi([
    { key: 'a', value: '1' },
    { key: 'b', value: 'other' },
  ]);
  const stdin = ['a', 'b', 'c'].map((key) => line({ key, value: '1' })).join('');
  const ran = await run('kv import - --dry-run --json --namespace-id abc', {
    env: MEMORY_ENV,
    fetch,
    stdin,
  });
  expect(ran.json()).toMatchObject({ written: 1, unchanged: 1, conflicts: 1, result: 'planned' });
  expect(records.size).toBe(2);
});
