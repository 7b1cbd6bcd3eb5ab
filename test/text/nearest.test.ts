import { expect, it } from 'vitest';
import { nearest, suggest } from '../../src/text/nearest.ts';

it.each([
  ['stagign', ['prod', 'staging'], 'staging'],
  ['STAGING', ['prod', 'staging'], 'staging'],
  ['prd', ['prod', 'staging'], 'prod'],
  ['qa', ['prod', 'staging'], undefined],
  ['', ['prod'], undefined],
  ['CAHCE', ['KV', 'CACHE'], 'CACHE'],
  ['tabel', ['table', 'json', 'csv'], 'table'],
  ['cvs', ['table', 'json', 'csv'], 'csv'],
  ['yaml', ['table', 'json', 'csv'], undefined],
  ['x', [], undefined],
])('%j among %j means %j', (word, candidates, match) => {
  expect(nearest(word, candidates)).toBe(match);
});

it('lists what there is, with or without a near word', () => {
  expect(suggest('loca', ['local', 'remote'])).toBe('Did you mean local? Known: local, remote.');
  expect(suggest('x', ['local', 'remote'])).toBe('Known: local, remote.');
});
