/** Keys that encodings, shells and URLs get wrong, each with a value of its own. */

export interface Pair {
  key: string;
  value: Buffer;
}

const KEYS = [
  'plain',
  'a/b/c',
  '/leading',
  'trailing/',
  'a//b',
  './dot',
  '../up',
  '...',
  'a%2Fb',
  'a%252Fb',
  '100%',
  '%zz',
  '%00',
  'a b',
  ' around ',
  'a+b',
  'a?b=c',
  'a#b',
  'a&b=c',
  'colon:and;semicolon',
  '"double"',
  "'single'",
  '`back`$HOME',
  'back\\slash',
  '<tag>',
  '{"json":[1]}',
  'ratelimit:2001:db8::1',
  'cache:/models?limit=1&x=%20',
  'line\nbreak\ttab',
  'é',
  'e\u0301',
  '日本語',
  '😀👩‍👩‍👧',
  'עברית\u202e',
  '\ud7ff\ue000',
  'ÿ~\x7f',
  'k'.repeat(512),
  'é'.repeat(256),
];

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** A value that holds every byte, so it is no text, and tells which key it belongs to. */
export const valueUnder = (key: string) => Buffer.concat([ALL_BYTES, Buffer.from(key)]);

export const ODD_PAIRS: readonly Pair[] = KEYS.map((key) => ({ key, value: valueUnder(key) }));

/** Names in the order of their bytes, which is that of a list. */
export function sorted(names: readonly string[]): string[] {
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** The form of a bulk write. */
export const bulkPair = ({ key, value }: Pair) => ({
  key,
  value: value.toString('base64'),
  base64: true,
});
