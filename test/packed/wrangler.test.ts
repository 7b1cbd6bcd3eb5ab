/** Wrangler's login, which wrangler itself is asked for: a stub on PATH, and the real one. */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type MemoryApi, serveMemoryApi } from '../memory-server.ts';
import { emptyFolder, goblin, NAMESPACE, nodeVersion } from './goblin.ts';

const LOGIN = `oauth_token = "oauth-of-wrangler"
expiration_time = "2099-01-01T00:00:00.000Z"
refresh_token = "refresh"
scopes = ["account:read"]
`;

/** A home in which wrangler has stored a login. */
function loggedIn(): string {
  const home = emptyFolder();
  const folder = join(home, '.config', '.wrangler', 'config');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'default.toml'), LOGIN);
  return home;
}

/** A folder for PATH with a `wrangler` that runs this script. */
function stub(script: string): string {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'wrangler'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'wrangler'), 0o755);
  return folder;
}

const HOME = loggedIn();

const on = (path: string, line: string, env = {}) =>
  goblin(line, {
    env: {
      PATH: `${path}:${inject('nodeFolder')}:/usr/bin:/bin`,
      HOME,
      CLOUDFLARE_ACCOUNT_ID: NAMESPACE,
      ...env,
    },
  });

interface Setting {
  setting: string;
  value: string | null;
  origin: string | null;
  problem: string | null;
}

async function settings(path: string): Promise<Map<string, Setting>> {
  const { code, stdout, stderr } = await on(path, 'config show --json');
  expect([code, stderr]).toEqual([0, '']);
  return new Map((JSON.parse(stdout) as Setting[]).map((row) => [row.setting, row]));
}

const TELLS = `test "$*" = "auth token --json" && echo '{"type":"oauth","token":"oauth-of-stub"}'`;

describe('a stub', () => {
  let api: MemoryApi;
  beforeAll(async () => {
    api = await serveMemoryApi();
    api.fill([['a', { value: 'one' }]]);
  });
  afterAll(() => api.close());

  it('gives its token to config show, which shows none of it', async () => {
    const shown = await settings(stub(TELLS));
    expect(shown.get('target')?.value).toBe('remote');
    expect(shown.get('credentials')).toMatchObject({
      value: 'token, set (13 characters)',
      origin: 'wrangler auth token',
    });
  });

  it('signs requests with its token', async () => {
    const seen: unknown[] = [];
    api.answer = ({ headers }) => {
      seen.push(headers.authorization);
      return undefined;
    };
    const line = `kv get a --namespace-id ${NAMESPACE}`;
    const ran = await on(stub(TELLS), line, { CLOUDFLARE_API_BASE_URL: api.apiUrl });
    expect(ran).toMatchObject({ code: 0, stdout: 'one' });
    expect(seen).toEqual(['Bearer oauth-of-stub']);
  });

  it.each([
    ['fails', 'echo the keyring is locked >&2; exit 3', 'exited with 3'],
    ['says something else', 'echo "You are not logged in."', 'no token in its answer'],
  ])('that %s is an error with what to do', async (_, script, why) => {
    const { code, stdout, stderr } = await on(stub(script), 'kv list --namespace-id abc');
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('wrangler has a login on this machine');
    expect(stderr).toContain(why);
    expect(stderr).toContain('wrangler login');
  });

  it('is not asked where no login was ever stored', async () => {
    const path = stub('echo asked >&2; exit 1');
    const { code, stderr } = await on(path, 'kv list', { HOME: emptyFolder() });
    expect([code, stderr]).toEqual([4, expect.stringContaining('no target')]);
  });
});

describe('the real one', () => {
  const folder = emptyFolder();
  const wrangler = resolve('node_modules/wrangler');
  symlinkSync(join(wrangler, 'bin', 'wrangler.js'), join(folder, 'wrangler'));
  const { engines } = JSON.parse(readFileSync(join(wrangler, 'package.json'), 'utf8'));
  const least = Number(/\d+/.exec(engines.node)?.[0]);

  it.runIf(nodeVersion() >= least)('tells its login', async () => {
    const shown = await settings(folder);
    expect(shown.get('credentials')?.value).toBe('token, set (17 characters)');
  });

  it.runIf(nodeVersion() < least)('is told to refuse this Node', async () => {
    const { code, stderr } = await on(folder, 'kv list --namespace-id abc');
    expect(code).toBe(4);
    expect(stderr).toContain('wrangler has a login on this machine');
  });
});
