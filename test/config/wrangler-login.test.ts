import { describe, expect, it } from 'vitest';
import { askWrangler, findWrangler, mayBeLoggedIn } from '../../src/config/wrangler-login.ts';
import { type Fake, fakeMachine } from './fake-machine.ts';

function disk(...paths: string[]) {
  return Object.fromEntries(paths.map((path) => [path, '']));
}

describe('which wrangler is run', () => {
  const local = '/repo/node_modules/wrangler/bin/wrangler.js';
  it.each<[string, Fake, string | undefined]>([
    ['none', {}, undefined],
    ['the one of the project', { disk: disk(local) }, `/bin/node ${local}`],
    ['from a folder below', { cwd: '/repo/a/b', disk: disk(local) }, `/bin/node ${local}`],
    ['the one on PATH', { env: { PATH: '/x:/y' }, disk: disk('/y/wrangler') }, '/y/wrangler'],
    [
      'the project before PATH',
      { env: { PATH: '/y' }, disk: disk('/y/wrangler', local) },
      `/bin/node ${local}`,
    ],
    [
      'no relative entry of PATH',
      {
        env: { PATH: ':.:bin' },
        disk: disk('/repo/wrangler', 'wrangler', './wrangler', 'bin/wrangler'),
      },
      undefined,
    ],
    [
      'the script behind the .cmd on a Windows PATH',
      {
        platform: 'win32',
        env: { Path: '/x;/npm' },
        disk: disk('/npm/node_modules/wrangler/bin/wrangler.js'),
      },
      '/bin/node /npm/node_modules/wrangler/bin/wrangler.js',
    ],
  ])('%s', (_what, fake, command) => {
    const program = findWrangler(fakeMachine(fake));
    expect(program && [program.file, ...program.args].join(' ')).toBe(command);
  });
});

describe('whether wrangler has stored a login', () => {
  it.each<[boolean, string, Record<string, string>?]>([
    [true, '/home/ada/.config/.wrangler/config/default.toml'],
    [true, '/home/ada/.wrangler/config/staging.toml'],
    [true, '/home/ada/Library/Preferences/.wrangler/config/default.enc'],
    [true, '/xdg/.wrangler/config/default.toml', { XDG_CONFIG_HOME: '/xdg' }],
    [true, '/app/xdg.config/.wrangler/config/work.toml', { APPDATA: '/app' }],
    [false, '/home/ada/.config/.wrangler/logs/wrangler.log'],
    [false, '/home/ada/.config/.wrangler/config/notes.txt'],
    [false, '/.wrangler/config/default.toml', { XDG_CONFIG_HOME: '' }],
  ])('%s: %s', (stored, path, env = {}) => {
    expect(mayBeLoggedIn(fakeMachine({ disk: disk(path), env }))).toBe(stored);
  });
});

it('asks for the login as JSON, with its environment, within 15 s', async () => {
  const machine = fakeMachine({ env: { HTTPS_PROXY: 'p' } });
  let given: unknown;
  const run: typeof machine.run = async (...args) => {
    given = args;
    return { ok: true, stdout: '{}' };
  };
  await askWrangler({ ...machine, run }, { file: '/bin/node', args: ['w.js'] });
  expect(given).toMatchObject([
    '/bin/node',
    ['w.js', 'auth', 'token', '--json'],
    { cwd: '/repo', env: { HTTPS_PROXY: 'p' }, timeoutMs: 15_000 },
  ]);
});
