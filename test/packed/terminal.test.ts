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

describe('a watch', () => {
  const bucket = (ip: string, count: number): [string, { value: string; metadata: object }] => [
    `ratelimit:${ip}`,
    { value: String(count), metadata: { count, reset_at: Date.now() + 3_600_000 } },
  ];

  it('redraws, marks what is new, and leaves the terminal as it was on Ctrl-C', async () => {
    api.fill([bucket('203.0.113.9', 5)]);
    const shell = run('ratelimit list --watch 1s');
    await shell.until(/203\.0\.113\.9 +5/);
    await shell.until(/every 1s/);
    expect(shell.raw()).toContain('\u001b[?1049h');
    api.fill([bucket('203.0.113.9', 6), bucket('192.0.2.1', 1)]);
    await shell.until(/1 new, 1 changed/);
    expect(shell.shown()).toMatch(/\+ +192\.0\.2\.1/);
    expect(shell.shown()).toMatch(/~ +203\.0\.113\.9 +6/);
    shell.type('\u0003');
    expect(await shell.end()).toBe(130);
    const after = shell.raw().slice(shell.raw().indexOf('\u001b[?1049l'));
    expect(after).toContain('203.0.113.9');
    expect(after).toContain('stopped after');
    expect(shell.raw().lastIndexOf('\u001b[?25h')).toBeGreaterThan(
      shell.raw().lastIndexOf('\u001b[?25l'),
    );
  });

  it('ends at once on Ctrl-C while a request is under way', async () => {
    api.fill([bucket('203.0.113.9', 5)]);
    const shell = run('ratelimit list --watch 1s');
    await shell.until(/every 1s/);
    const request = new Promise<void>((resolve) => {
      api.answer = () => {
        resolve();
        return null;
      };
    });
    await request;
    shell.type('\u0003');
    expect(await shell.end()).toBe(130);
    api.answer = () => undefined;
  });
});

it('follows events until Ctrl-C', async () => {
  const metadata = { event_type: 'rate_limited', reason: 'too many' };
  const event = (ip: string): [string, { value: string; metadata: object }] => [
    `security:${Date.now()}:${ip}`,
    { value: '{}', metadata },
  ];
  api.fill([event('203.0.113.9')]);
  const shell = run('security tail');
  await shell.until(/203\.0\.113\.9/);
  await shell.until(/following security events/);
  api.fill([event('192.0.2.1')]);
  await shell.until(/192\.0\.2\.1/);
  shell.type('\u0003');
  expect(await shell.end()).toBe(130);
  expect(shell.shown()).toContain('stopped after 2 security events');
});

it('filters JSON by the jq that the package brings', async () => {
  const shell = run('kv list --jq .[].key');
  expect(await shell.end()).toBe(0);
  expect(shell.shown()).toContain('a:1');
  expect(await run('kv list --jq .[').end()).toBe(2);
});
