import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../worker/src/env.ts';
import { VARIABLES } from '../../worker/src/variable-table.ts';

/** The variables as a new isolate parses them, what it found wrong, and what it logged. */
async function parse(given: Record<string, unknown>) {
  vi.resetModules();
  const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { badVariables, variables } = await import('../../worker/src/variables.ts');
  const env = { API_URL: 'http://backend.test', ...given } as unknown as Env;
  const values = variables(env);
  variables(env);
  return { values, bad: badVariables(env), log: log.mock.calls.map(([line]) => line) };
}

afterEach(() => vi.restoreAllMocks());

describe('a variable', () => {
  it.each([
    ['API_TIMEOUT_MS', '250', 250],
    ['API_TIMEOUT_MS', 250, 250],
    ['API_TIMEOUT_MS', ' 250 ', 250],
    ['MAX_BODY_BYTES', '1', 1],
    ['ANALYTICS_SAMPLE', '0', 0],
    ['ANALYTICS_SAMPLE', '.25', 0.25],
    ['CACHE_BYPASS_HEADERS', 'X-Tenant, x_plan', ['X-Tenant', 'x_plan']],
    ['CACHE_BY_FLAGS', '', []],
    ['CORS_ORIGINS', '*', ['*']],
    [
      'CORS_ORIGINS',
      'https://a.test,http://localhost:3000',
      ['https://a.test', 'http://localhost:3000'],
    ],
    ['API_URL', 'https://backend.test/', 'https://backend.test'],
    ['API_URL', 'https://backend.test/v1/', 'https://backend.test/v1'],
  ] as const)('%s = %j is %j', async (name, given, value) => {
    const { values, bad, log } = await parse({ [name]: given });
    expect(values[name]).toEqual(value);
    expect(bad).toEqual([]);
    expect(log).toEqual([]);
  });

  it.each([
    ['API_TIMEOUT_MS', '60s', 60_000],
    ['API_TIMEOUT_MS', '', 60_000],
    ['API_TIMEOUT_MS', '0', 60_000],
    ['API_TIMEOUT_MS', '1.5', 60_000],
    ['API_TIMEOUT_MS', 'abc', 60_000],
    ['API_TIMEOUT_MS', 99_999_999_999, 60_000],
    ['MAX_BODY_BYTES', '10MB', 10_485_760],
    ['MAX_BODY_BYTES', '', 10_485_760],
    ['MAX_BODY_BYTES', '-1', 10_485_760],
    ['ANALYTICS_SAMPLE', 'abc', undefined],
    ['ANALYTICS_SAMPLE', '', undefined],
    ['ANALYTICS_SAMPLE', '10%', undefined],
    ['ANALYTICS_SAMPLE', '1.1', undefined],
    ['ANALYTICS_SAMPLE', null, undefined],
    ['CACHE_BY_FLAGS', 'a b', []],
    ['CORS_ORIGINS', 'app.test', []],
    ['CORS_ORIGINS', 'https://app.test/path', []],
  ] as const)(
    '%s = %j is bad: its default holds, and it is reported once',
    async (name, given, value) => {
      const { values, bad, log } = await parse({ [name]: given });
      expect(values[name]).toEqual(value);
      expect(bad).toEqual([
        {
          name,
          problem: expect.stringMatching(/^is not a .+\(.*\)$/),
          used: VARIABLES[name].default ?? null,
        },
      ]);
      expect(log).toEqual([expect.stringContaining(name)]);
    },
  );

  it.each([
    undefined,
    'backend.test',
    'ftp://backend.test',
    'https://u:hunter2@backend.test',
    'https://b.test/?a',
  ])('API_URL = %j is bad, and a password in it is not repeated', async (given) => {
    const { values, bad, log } = await parse({ API_URL: given });
    expect(values.API_URL).toBeUndefined();
    expect(bad).toMatchObject([{ name: 'API_URL' }]);
    expect(JSON.stringify([bad, log])).not.toContain('hunter2');
  });
});

describe('a list of paths', () => {
  it.each([
    ['/chat', '/chat', true],
    ['/chat', '/chat/', false],
    ['/chat', '/chat/x', false],
    ['/chat, /api/chat', '/api/chat', true],
    ['/api/chat/*', '/api/chat/rooms/7', true],
    ['/api/chat/*', '/api/chat', false],
    ['/api/chat/*', '/api/chats', false],
    ['', '/chat', false],
  ])('%j and %s: %s', async (CHAT_PATHS, path, expected) => {
    const { values } = await parse({ CHAT_PATHS });
    const { hasPath } = await import('../../worker/src/path-set.ts');
    expect(hasPath(values.CHAT_PATHS, path)).toBe(expected);
  });

  it.each(['chat', '/chat?x', '/a b'])('is bad with %j in it', async (path) => {
    const { values, bad } = await parse({ CACHE_PATHS: `/models,${path}` });
    expect([...values.CACHE_PATHS.exact]).toEqual([
      '/health',
      '/models',
      '/providers',
      '/settings',
    ]);
    expect(bad).toHaveLength(1);
  });
});
