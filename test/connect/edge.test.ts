/** The edge of a command: its address, its secret, and what it answers. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ConfigFlags, loadConfig } from '../../src/config/config.ts';
import { type Fake, fakeMachine } from '../config/fake-machine.ts';
import { contextOf } from '../context.ts';
import { useFolder } from '../folder.ts';
import { MEMORY_ENV } from '../memory-api.ts';
import type { RunOptions } from '../run.ts';

const env = { CLOUDFLARE_API_TOKEN: 'tok', CLOUDFLARE_ACCOUNT_ID: 'acc' };
const file = (text: string) => ({ '/repo/wrangler.toml': `name = "edge"\n${text}` });
const ENGINE = { edgeUrl: 'http://127.0.0.1:8787', adminToken: 'of-dev' };

const addressOf = async (flags: ConfigFlags, fake: Fake) => {
  const address = await loadConfig(flags, fakeMachine(fake)).edge();
  return `${address.kind === 'known' ? address.url : `${address.worker}.…`} (${address.origin})`;
};

describe('the address of the edge', () => {
  it.each<[ConfigFlags, Fake, string]>([
    [
      { edge: 'https://flag.test' },
      { env: { ...env, GOBLIN_EDGE_URL: 'https://env.test' }, disk: file('') },
      'https://flag.test (--edge)',
    ],
    [
      {},
      { env: { ...env, GOBLIN_EDGE_URL: 'https://env.test/' }, disk: file('') },
      'https://env.test (GOBLIN_EDGE_URL)',
    ],
    [
      {},
      { env, disk: file('routes = ["a.test/*", { pattern = "b.test", custom_domain = true }]') },
      'https://b.test (wrangler.toml routes)',
    ],
    [{}, { env, disk: file('route = "https://a.test/*"') }, 'https://a.test (wrangler.toml route)'],
    [
      { env: 'live' },
      { env, disk: file('route = "a.test/*"\n[env.live]\nroutes = ["c.test/*"]') },
      'https://c.test (wrangler.toml [env.live] routes)',
    ],
    [
      { env: 'live' },
      { env, disk: file('route = "a.test/*"\n[env.live]') },
      'https://a.test (wrangler.toml route)',
    ],
    [{}, { env, disk: file('') }, 'edge.… (wrangler.toml name)'],
    [
      {},
      { env, disk: file('workers_dev = true\nroutes = ["*.a.test/*", "b.test/api/*"]') },
      'edge.… (wrangler.toml name)',
    ],
    [{ local: true }, { disk: file(''), engine: ENGINE }, 'http://127.0.0.1:8787 (goblin dev)'],
    [
      { local: true, edge: 'https://flag.test' },
      { disk: file(''), engine: ENGINE },
      'https://flag.test (--edge)',
    ],
  ])('%j', async (flags, fake, address) => {
    expect(await addressOf(flags, fake)).toBe(address);
  });

  it.each<[string, ConfigFlags, Fake]>([
    ['without a file', {}, { env, cwd: '/empty' }],
    ['without workers.dev', {}, { env, disk: file('workers_dev = false') }],
    ['for routes that cover no host alone', {}, { env, disk: file('route = "a.test/api/*"') }],
    ['without a running engine', { local: true }, { disk: file('') }],
    [
      'of an engine without an edge',
      { local: true },
      { engine: { edgeUrl: null, adminToken: null } },
    ],
  ])('is unknown %s', async (_, flags, fake) => {
    await expect(addressOf(flags, fake)).rejects.toMatchObject({
      outcome: 'access',
      code: 'no_edge',
      hint: expect.stringContaining('--edge'),
    });
  });

  it('is refused where it has a path', async () => {
    const refused = { outcome: 'usage', code: 'bad_url' };
    await expect(addressOf({ edge: 'https://a.test/x' }, { env })).rejects.toMatchObject(refused);
  });
});

describe('the admin token', () => {
  const devVars = { ...file(''), '/repo/.dev.vars': 'ADMIN_TOKEN=of-file\n' };
  const given = { GOBLIN_ADMIN_TOKEN: 'of-env' };

  it.each<[ConfigFlags, Fake, string | undefined, string | undefined]>([
    [{}, { env: { ...env, ...given } }, 'of-env', 'GOBLIN_ADMIN_TOKEN'],
    [{ local: true }, { env: given, engine: ENGINE }, 'of-env', 'GOBLIN_ADMIN_TOKEN'],
    [{ local: true }, { disk: devVars, engine: ENGINE }, 'of-dev', 'goblin dev'],
    [{ local: true }, { disk: devVars }, 'of-file', '.dev.vars'],
    [{}, { env, disk: devVars }, undefined, undefined],
    [{}, {}, undefined, undefined],
  ])('%j %j', async (flags, fake, secret, origin) => {
    const found = await loadConfig(flags, fakeMachine(fake)).adminToken();
    expect([found?.value.reveal(), found?.origin]).toEqual([secret, origin]);
  });
});

const folder = useFolder();
beforeAll(async () => {
  await writeFile(join(folder, 'wrangler.toml'), 'name = "goblin-edge"\n');
});

describe('requests to the edge', () => {
  const edgeOf = (answer: (url: string, init: RequestInit) => Response, more: RunOptions = {}) =>
    contextOf(
      {},
      {
        env: { ...MEMORY_ENV, GOBLIN_EDGE_URL: 'https://edge.test', ...more.env },
        cwd: folder,
        fetch: async (url, init) => answer(url, init),
      },
    ).edge();
  const secret = { env: { GOBLIN_ADMIN_TOKEN: 'the-secret' } };

  it('ask the account for its workers.dev subdomain where the address needs it', async () => {
    const asked: string[] = [];
    const edge = await edgeOf(
      (url) => {
        asked.push(new URL(url).pathname);
        return Response.json({ success: true, errors: [], result: { subdomain: 'cave' } });
      },
      { env: { GOBLIN_EDGE_URL: '' } },
    );
    expect(edge).toMatchObject({
      url: 'https://goblin-edge.cave.workers.dev',
      adminToken: undefined,
    });
    expect(asked).toEqual([
      `/client/v4/accounts/${MEMORY_ENV.CLOUDFLARE_ACCOUNT_ID}/workers/subdomain`,
    ]);
  });

  it('carry the admin token to admin routes only', async () => {
    const sent: (string | null)[] = [];
    const edge = await edgeOf((_, init) => {
      sent.push(new Headers(init.headers).get('authorization'));
      return new Response('{}');
    }, secret);
    await edge.fetch('/models');
    await edge.admin('/_goblin/health');
    expect(sent).toEqual([null, 'Bearer the-secret']);
  });

  it.each([
    [401, { outcome: 'access', code: 'bad_admin_token' }],
    [404, { outcome: 'notFound', code: 'no_admin_route' }],
    [503, { outcome: 'failed', code: 'edge_failed', retryable: true }],
  ])('to an admin route that answers %i name the cause', async (status, error) => {
    const edge = await edgeOf(() => new Response('', { status }), secret);
    await expect(edge.admin('/_goblin/health')).rejects.toMatchObject(error);
  });

  it('to an admin route need the token', async () => {
    const edge = await edgeOf(() => expect.unreachable('nothing may be sent'));
    await expect(edge.admin('/_goblin/health')).rejects.toMatchObject({
      outcome: 'access',
      code: 'no_admin_token',
      hint: expect.stringContaining('GOBLIN_ADMIN_TOKEN'),
    });
  });

  it('that get no answer name the address', async () => {
    const edge = await edgeOf(() => {
      throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND edge.test') });
    });
    await expect(edge.fetch('/models')).rejects.toMatchObject({
      code: 'edge_unreachable',
      message: 'https://edge.test does not answer: getaddrinfo ENOTFOUND edge.test',
    });
  });
});
