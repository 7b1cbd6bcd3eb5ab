/** The installed package on a terminal: questions and their answers, colour, the target. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MemoryApi, serveMemoryApi } from '../memory-server.ts';
import { NAMESPACE, target, terminal } from './goblin.ts';

let api: MemoryApi;
beforeAll(async () => {
  api = await serveMemoryApi();
});
afterAll(() => api.close());
beforeEach(() => api.fill([['a:1', { value: 'one' }]]));

const run = (line: string, env = {}) =>
  terminal(`${line} --namespace-id ${NAMESPACE}`, { env: { ...target(api), ...env } });

describe('a question', () => {
  it.each([
    ['y', 0, 0],
    ['n', 6, 1],
    ['\r', 6, 1],
    ['\u0003', 130, 1],
  ])('answered with %j is exit %i', async (key, code, left) => {
    const shell = run('kv delete a:1');
    await shell.until(/Delete[^\n]*\?[\s\S]*No/i);
    expect(shell.shown()).toMatch(/^remote · account 0123…cdef · namespace 0123…cdef/);
    expect(shell.shown()).toContain('a:1');
    expect(api.size()).toBe(1);
    shell.type(key);
    expect(await shell.end()).toBe(code);
    expect(api.size()).toBe(left);
  });

  it('is not asked with --yes', async () => {
    const shell = run('kv delete a:1 --yes');
    expect([await shell.end(), api.size()]).toEqual([0, 0]);
  });
});

it('has colour, unless NO_COLOR says otherwise', async () => {
  const coloured = async (env: Record<string, string>) => {
    const shell = run('kv list', env);
    expect(await shell.end()).toBe(0);
    expect(shell.shown()).toContain('a:1');
    return shell.raw().includes('\u001b[');
  };
  expect(await coloured({})).toBe(true);
  expect(await coloured({ NO_COLOR: '1' })).toBe(false);
});

it('ends on Ctrl-C while a request is under way', async () => {
  let asked = () => {};
  const request = new Promise<void>((resolve) => {
    asked = resolve;
  });
  api.answer = () => {
    asked();
    return null;
  };
  const shell = run('kv get a:1');
  await request;
  shell.type('\u0003');
  expect(await shell.end()).toBe(130);
  api.answer = () => undefined;
});

it('writes out the controls of a value', async () => {
  api.fill([['a:1', { value: 'x\u001b]0;owned\u0007' }]]);
  const shell = run('kv get a:1');
  expect(await shell.end()).toBe(0);
  expect(shell.raw()).toContain('x\\x1b]0;owned\\x07');
});
