import { expect, it } from 'vitest';
import { plural } from '../../src/text/plural.ts';

it.each([
  [0, '0 keys'],
  [1, '1 key'],
  [2, '2 keys'],
  [12_000, '12,000 keys'],
])('%i', (count, text) => {
  expect(plural(count, 'key', 'keys')).toBe(text);
});
