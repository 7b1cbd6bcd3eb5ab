/** In Node and not in workerd, whose clock stands still while code runs. */
import { expect, it } from 'vitest';
import { redact } from '../worker/src/redact.ts';

const SHORT = 1000;
const LONG = 16 * SHORT;

it.each([
  ...[
    'a',
    '1',
    '@',
    '-',
    '_',
    '=',
    '"',
    '\n',
    'a.',
    '1 ',
    '4 ',
    '1.',
    '1_',
    'a1-',
    '4111 ',
    'a@a',
    'x@x.',
  ],
  ...[
    '://',
    '://a',
    'eyJa',
    'password',
    'password ',
    'password for a ',
    'secret is ',
    'token for of ',
  ],
  ...[
    'password to ',
    'set my ',
    'is my ',
    'bearer ',
    'password "',
    'seed phrase',
    'private key',
    'pin ',
  ],
])('a text of nothing but %j takes a time that grows with its length', (part) => {
  const short = timeOf(part.repeat(SHORT / part.length));
  const long = timeOf(part.repeat(LONG / part.length));
  // The text is 16 times as long; what looks at every pair of characters would take 256 times as long.
  expect(long / short).toBeLessThan(128);
});

/** The least of several times, in milliseconds: whatever else the machine does only adds to it. */
function timeOf(text: string): number {
  const times = Array.from({ length: 15 }, () => {
    const start = performance.now();
    // Often enough to be more than the clock's grain.
    for (let done = 0; done < LONG; done += text.length + 1) redact(text);
    return (performance.now() - start) / Math.ceil(LONG / (text.length + 1));
  });
  return Math.min(...times);
}
