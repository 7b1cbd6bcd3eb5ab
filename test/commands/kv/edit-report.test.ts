import { expect, it } from 'vitest';
import { editReport } from '../../../src/commands/kv/edit-report.ts';

const time = (ms: number) => new Date(ms).toISOString();
const report = (
  before: string,
  after: string,
  expirations: [number | null, number | null] = [null, null],
) =>
  editReport(
    { value: Buffer.from(before), expiration: expirations[0] },
    { value: Buffer.from(after), expiration: expirations[1] },
    time,
  );

it('tells the lines that changed, the size and the expiry', () => {
  expect(report('a\nb\nc\n', 'a\nB\nB2\nc\n', [60, 120])).toEqual([
    '2 lines changed, from line 2 on:',
    '  - b',
    '  + B',
    '  + B2',
    '6 → 9 bytes, expires 1970-01-01T00:02:00.000Z (before: expires 1970-01-01T00:01:00.000Z)',
  ]);
});

it('compares JSON field by field', () => {
  expect(report('{"a":1,"b":2}', '{"a":1,"b":3}')).toEqual([
    '1 line changed, from line 3 on:',
    '  - "b": 2',
    '  + "b": 3',
    '13 bytes as before, no expiry as before',
  ]);
});

it.each([
  ['x', 'x', 'the value is as it was'],
  ['x', 'x\nx', '1 line changed, from line 2 on:'],
  ['x\nx', 'x', '1 line changed, from line 2 on:'],
  ['', 'y', '1 line changed, from line 1 on:'],
])('of %j to %j begins with %s', (before, after, first) => {
  expect(report(before, after)[0]).toBe(first);
});

it('cuts a long change', () => {
  const many = Array.from({ length: 9 }, (_, i) => `line ${i}`).join('\n');
  expect(report('x', many)).toContain('  + … and 4 more');
});
