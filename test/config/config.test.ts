import { describe, expect, it } from 'vitest';
import { type ConfigFlags, loadConfig } from '../../src/config/config.ts';
import { type Fake, fakeMachine } from './fake-machine.ts';

const ACCOUNT = '023e105f4ecef8ad9ca31a8372d0c353';
const NAMESPACE = '0f2ac74b498b48028cb68387c421e279';
const WRANGLER_TOML = `
name = "edge"
[[kv_namespaces]]
binding = "GOBLIN_KV"
id = "${NAMESPACE}"
[[env.staging.kv_namespaces]]
binding = "GOBLIN_KV"
[env.own]
account_id = "${NAMESPACE}"
kv_namespaces = [{ binding = "KV", id = "${ACCOUNT}" }]
`;
const disk = { '/repo/worker/wrangler.toml': WRANGLER_TOML };
const env = { CLOUDFLARE_API_TOKEN: 'tok', CLOUDFLARE_ACCOUNT_ID: ACCOUNT };
const proxy = { ...env, CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:1/v4' };

describe('the line that says what a command works on', () => {
  it.each<[ConfigFlags, Fake, string]>([
    [{}, { env, disk }, 'remote · account 023e…c353 · namespace GOBLIN_KV (0f2a…e279)'],
    [
      { env: 'staging' },
      { env, disk },
      'remote · account 023e…c353 · namespace GOBLIN_KV of edge-staging · env staging',
    ],
    [
      {},
      { env: { ...env, CLOUDFLARE_ENV: 'own' }, disk },
      'remote · account 023e…c353 · namespace KV (023e…c353) · env own',
    ],
    [
      { env: '' },
      { env: { ...env, CLOUDFLARE_ENV: 'own' }, disk },
      'remote · account 023e…c353 · namespace GOBLIN_KV (0f2a…e279)',
    ],
    [
      { env: 'own' },
      { env: { CLOUDFLARE_API_TOKEN: 'tok' }, disk },
      'remote · account 0f2a…e279 · namespace KV (023e…c353) · env own',
    ],
    [
      { namespaceId: 'f00' },
      { env: proxy },
      'remote · account 023e…c353 · namespace f00 · api http://127.0.0.1:1/v4',
    ],
    [
      { local: true },
      { disk },
      'local · namespace GOBLIN_KV (0f2a…e279) · state worker/.wrangler/state',
    ],
    [
      { local: true, env: 'staging' },
      { disk },
      'local · namespace GOBLIN_KV · env staging · state worker/.wrangler/state',
    ],
    [{ local: true, namespaceId: 'f00' }, {}, 'local · namespace f00 · state .wrangler/state'],
    [
      { local: true, persistTo: 'tmp/s' },
      { disk },
      'local · namespace GOBLIN_KV (0f2a…e279) · state tmp/s',
    ],
  ])('%j', async (flags, fake, line) => {
    expect(await loadConfig(flags, fakeMachine(fake)).line()).toBe(line);
  });
});

describe('where local state is', () => {
  it.each<[string, ConfigFlags, Fake, string]>([
    ['beside the wrangler file', {}, { cwd: '/repo/src', disk }, '/repo/worker/.wrangler/state'],
    ['here without one', {}, { cwd: '/empty' }, '/empty/.wrangler/state'],
    ['where --persist-to says', { persistTo: '../s' }, { disk }, '/s'],
  ])('%s', async (_what, flags, fake, path) => {
    expect(await loadConfig(flags, fakeMachine(fake)).stateDir()).toMatchObject({ value: path });
  });
});

describe('a target for the client', () => {
  it('holds account, address and credentials, each with its origin', async () => {
    expect(await loadConfig({ env: 'own' }, fakeMachine({ env, disk })).target()).toMatchObject({
      kind: 'remote',
      origin: 'CLOUDFLARE_API_TOKEN',
      credentials: { origin: 'CLOUDFLARE_API_TOKEN', value: { kind: 'token' } },
      apiBase: { value: 'https://api.cloudflare.com/client/v4', origin: 'default' },
      account: { value: ACCOUNT, origin: 'CLOUDFLARE_ACCOUNT_ID' },
    });
  });

  it.each([
    ['no account', { CLOUDFLARE_ACCOUNT_ID: '' }, { outcome: 'access', code: 'no_account' }],
    ['an account that is a path', { CLOUDFLARE_ACCOUNT_ID: '../zones' }, { code: 'bad_id' }],
    ['an address in the clear', { CLOUDFLARE_API_BASE_URL: 'http://x/' }, { code: 'bad_api_url' }],
  ])('is refused with %s', async (_what, variables, error) => {
    const machine = fakeMachine({ env: { ...env, ...variables }, disk });
    await expect(loadConfig({}, machine).target()).rejects.toMatchObject(error);
  });

  it('needs neither wrangler nor its file where flags and variables say it all', async () => {
    const machine = fakeMachine({ env });
    const refuse = (path: string) => expect.unreachable(`read ${path}`);
    const files = { isFile: refuse, readText: refuse, list: refuse };
    const config = loadConfig({ namespaceId: 'f00' }, { ...machine, files });
    expect(await config.line()).toBe('remote · account 023e…c353 · namespace f00');
    expect(machine.ran).toEqual([]);
  });

  it('finds each part out once', async () => {
    const machine = fakeMachine({ env, disk });
    let reads = 0;
    const readText = (path: string) => {
      reads += 1;
      return machine.files.readText(path);
    };
    const config = loadConfig({}, { ...machine, files: { ...machine.files, readText } });
    await Promise.all([config.line(), config.namespace(), config.target(), config.stateDir()]);
    expect(reads).toBe(1);
  });
});
