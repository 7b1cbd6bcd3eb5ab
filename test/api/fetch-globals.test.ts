import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Headers as Light } from '../../src/api/fetch-globals.ts';

/** Names that differ in case only among them, and values with blanks around them. */
const name = fc.constantFrom('Accept', 'accept', 'X-A', 'x-a', 'CF-Ray', 'content-type');
const value = fc
  .tuple(fc.constantFrom('', ' ', '\t'), fc.constantFrom('', 'a', 'b c'), fc.constantFrom('', ' '))
  .map((parts) => parts.join(''));

const step = fc.oneof(
  fc.record({ does: fc.constantFrom('set' as const, 'append' as const), name, value }),
  fc.record({ does: fc.constant('delete' as const), name, value }),
);

/** What can be seen of headers, in no order: the built-in ones sort theirs. */
const seen = (headers: Iterable<readonly [string, string | null]>) => new Map([...headers]);

it('does what the built-in headers do', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), fc.array(step), name, (pairs, steps, asked) => {
      const light = new Light(pairs);
      const real = new Headers(pairs);
      for (const { does, name, value } of steps) {
        for (const headers of [light, real]) headers[does](name, value);
      }
      expect(seen(light)).toEqual(seen(real));
      expect([light.has(asked), light.get(asked)]).toEqual([real.has(asked), real.get(asked)]);
    }),
  );
});

it.each([
  ['another of its kind', new Light([['X-A', '1']])],
  ['the built-in one', new Headers({ 'X-A': '1' })],
  ['an object', { 'X-A': '1' }],
])('is made of %s', (_, init) => {
  expect([...new Light(init as Record<string, string>)]).toEqual([['x-a', '1']]);
});
