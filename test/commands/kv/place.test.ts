import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatPlace, parsePlace } from '../../../src/commands/kv/place.ts';

it('reads back the place that it wrote, and takes KV cursors as they are', () => {
  const cursor = fc.option(fc.base64String({ minLength: 1 }), { nil: undefined });
  fc.assert(
    fc.property(cursor, fc.string({ unit: 'grapheme' }), (cursor, after) => {
      expect(parsePlace(formatPlace({ cursor, after }))).toEqual({ cursor, after });
    }),
  );
  expect(parsePlace('AAAA-_=')).toEqual({ cursor: 'AAAA-_=' });
  expect(() => parsePlace('at.AAAA')).toThrow('no cursor of goblin');
});
