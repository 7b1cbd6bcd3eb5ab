import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maskKey, sessionHandle } from '../../src/shards/handle.ts';
import { identify, shards } from '../../src/shards/list.ts';

it('masks the keys of every shard that has secret ones, and no other key', () => {
  const prefix = fc.constantFrom('', ...shards.map((shard) => shard.prefix));
  fc.assert(
    fc.property(prefix, fc.string({ minLength: 1 }), (start, rest) => {
      const key = start + rest;
      const shard = identify(key)?.shard;
      const masked = shard?.secretKey
        ? shard.prefix + sessionHandle(key.slice(shard.prefix.length))
        : key;
      expect(maskKey(key)).toBe(masked);
    }),
  );
});
