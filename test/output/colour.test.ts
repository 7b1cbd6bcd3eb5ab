import { expect, it } from 'vitest';
import { coloursFor } from '../../src/output/colour.ts';
import { fakeIo } from '../io.ts';

it.each<[tty: boolean, env: Record<string, string>, flag: boolean, coloured: boolean]>([
  [true, {}, true, true],
  [false, {}, true, false],
  [true, { NO_COLOR: '1' }, true, false],
  [true, { NO_COLOR: '' }, true, true],
  [true, { TERM: 'dumb' }, true, false],
  [false, { FORCE_COLOR: '1' }, true, true],
  [false, { FORCE_COLOR: '' }, true, true],
  [true, { FORCE_COLOR: '0' }, true, false],
  [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  [true, { FORCE_COLOR: '1' }, false, false],
])('terminal %s, %j, flag %s: colour %s', (tty, env, flag, coloured) => {
  const { stdout } = fakeIo({ tty });
  expect(coloursFor(stdout, env, flag).red('x') !== 'x').toBe(coloured);
});
