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
  const [short, long] = [part.repeat(SHORT / part.length), part.repeat(LONG / part.length)];
  // By turns, so that a slow moment of the machine meets both.
  const times = Array.from({ length: 15 }, () => [timeOf(short), timeOf(long)] as const);
  const ratio =
    Math.min(...times.map((time) => time[1])) / Math.min(...times.map((time) => time[0]));
  // The text is 16 times as long; what looks at every pair of characters would take 256 times as long.
  expect(ratio).toBeLessThan(80);
});

/** Milliseconds for one text, by as many runs as take more than the clock's grain. */
function timeOf(text: string): number {
  const runs = Math.ceil(LONG / (text.length + 1));
  const start = performance.now();
  for (let run = 0; run < runs; run++) redact(text);
  return (performance.now() - start) / runs;
}
