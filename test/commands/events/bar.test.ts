import { expect, it } from 'vitest';
import { sparkline } from '../../../src/commands/events/bar.ts';

it.each([
  [[0, 1, 8], '·▁█'],
  [[1, 1], '██'],
  [[0, 0], '··'],
])('the line of %j is %s', (counts, line) => {
  expect(sparkline(counts)).toBe(line);
});

it('puts many counts into 30 cells, and loses none', () => {
  const line = sparkline(Array.from({ length: 290 }, (_, i) => (i === 289 ? 1 : 0)));
  expect(line).toBe(`${'·'.repeat(28)}█`);
});
