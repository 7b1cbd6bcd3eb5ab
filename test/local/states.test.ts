/** Two states in one place, and a state that goes away. */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pathFrom } from '../../src/config/locate.ts';
import { recordFile } from '../../src/local/record.ts';
import { dev, endAll, goblin } from './goblin.ts';

let root: string;
let a: string;
let b: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'goblin-states-'));
  [a, b] = [join(root, 'A'), join(root, 'B')];
});
afterEach(async () => {
  await endAll();
  rmSync(root, { recursive: true, force: true });
});

const put = async (state: string, value: string) => {
  const { code, stderr } = await goblin(state, 'kv', 'put', 'k', value);
  const shown = `state ${pathFrom(process.cwd(), state)}\n`;
  expect([code, stderr]).toEqual([0, expect.stringContaining(shown)]);
};
const get = async (state: string) => (await goblin(state, 'kv', 'get', 'k')).stdout;

it('two states of one folder do not see each other, engine or not', async () => {
  const serving = await dev(a);
  await put(a, 'in A');
  await put(b, 'in B');
  expect([await get(a), await get(b)]).toEqual(['in A', 'in B']);
  process.kill(serving.pid, 'SIGTERM');
  await serving.ended;
  expect([await get(a), await get(b)]).toEqual(['in A', 'in B']);
});

it('two engines serve two states of one folder', async () => {
  const [one, other] = [await dev(a), await dev(b)];
  expect(one.apiUrl).not.toBe(other.apiUrl);
  await put(b, 'in B');
  expect(await get(a)).toBe('');
});

it('a state is the same by another path', async () => {
  await dev(a);
  symlinkSync(a, join(root, 'link'));
  await put(a, 'one');
  expect(await get(join(root, 'link'))).toBe('one');
  const second = await goblin(join(root, 'link'), 'dev', '--port', '0');
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('already serves') });
});

it('a copy of a state is another one, whatever record came with it', async () => {
  await dev(a);
  await put(a, 'original');
  cpSync(a, b, { recursive: true });
  expect(existsSync(recordFile(b))).toBe(true);
  await put(b, 'copy');
  expect(await get(a)).toBe('original');
});

it.each([
  ['removed', (state: string) => rmSync(state, { recursive: true })],
  ['moved away', (state: string) => renameSync(state, `${state}-moved`)],
])('an engine whose state is %s ends and says so', async (_, take) => {
  const serving = await dev(a);
  take(a);
  const { code, stderr } = await serving.ended;
  expect([code, stderr]).toEqual([1, expect.stringContaining('was removed or replaced')]);
  await put(a, 'new');
  expect(await get(a)).toBe('new');
  expect(readdirSync(join(a, 'goblin')).sort()).toEqual(['d1', 'lock']);
});
