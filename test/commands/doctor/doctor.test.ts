import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFinding } from '../../../src/commands/doctor/machine-checks.ts';
import { useEngine } from '../../engine.ts';
import { type RunOptions, run } from '../../run.ts';
import { seed } from '../../seed.ts';

const TOKEN = 'kq3vJ8Xw2nR5tY7uB1mC4zL6pS9dF0gHaKeQiWoTxEV';

interface Finding {
  status: string;
  detail: string;
  fix: string | null;
}

const engine = useEngine();
beforeEach(async () => {
  await run('kv purge --all --yes', { engine });
  await seed(engine, [
    { key: 'feature_flags', value: '{"api_enabled":true}' },
    { key: 'ratelimit:203.0.113.9', value: '17', ttl: 60 },
  ]);
});

async function doctor(options: RunOptions = {}) {
  const { code, stdout } = await run('doctor --json', { engine, ...options });
  const rows = JSON.parse(stdout) as (Finding & { check: string })[];
  const found = new Map(rows.map((row) => [row.check, row]));
  const statuses = Object.fromEntries(rows.map(({ check, status }) => [check, status]));
  return { code, found: (check: string) => found.get(check) as Finding, statuses, stdout };
}

/** The engine's answers with their headers changed. */
const withDate =
  (ms: number): NonNullable<RunOptions['fetch']> =>
  async (url, init) => {
    const response = await fetch(url, init);
    const headers = new Headers(response.headers);
    headers.set('date', new Date(ms).toUTCString());
    return new Response(response.body, { status: response.status, headers });
  };

describe('doctor', () => {
  it('finds nothing wrong where nothing is, and changes nothing', async () => {
    const { code, statuses } = await doctor({ fetch: withDate(Date.now()) });
    expect(code).toBe(0);
    expect(statuses).toEqual({
      node: 'ok',
      target: 'ok',
      engine: 'ok',
      bindings: 'warning',
      token: 'ok',
      account: 'ok',
      clock: 'ok',
      namespace: 'ok',
      'read permission': 'ok',
      'write permission': 'ok',
      database: 'skipped',
      'schema version': 'skipped',
      indexes: 'skipped',
      columns: 'skipped',
      'tokens in D1': 'skipped',
      'stored values': 'ok',
      expiry: 'ok',
      'unknown keys': 'ok',
      flags: 'ok',
      'flags in D1': 'skipped',
      edge: 'skipped',
    });
    expect((await run('kv list -o ndjson', { engine })).stdout.trim().split('\n')).toHaveLength(2);
  });

  it('tells a token that is refused, and does not try what needs it', async () => {
    const { code, found, statuses } = await doctor({ env: { CLOUDFLARE_API_TOKEN: 'wrong' } });
    expect(code).toBe(8);
    expect(found('token')).toMatchObject({ status: 'failed', fix: expect.any(String) });
    expect(statuses).toMatchObject({ account: 'skipped', flags: 'skipped' });
  });

  it('takes a login, which no verification knows, by what it opens', async () => {
    const { statuses } = await doctor({
      fetch: async (url, init) =>
        url.endsWith('/tokens/verify')
          ? Response.json({ success: false, errors: [{ code: 1000 }] }, { status: 401 })
          : fetch(url, init),
    });
    expect(statuses.token).toBe('ok');
  });

  it('tells a token that may only look', async () => {
    const { code, found } = await doctor({
      fetch: async (url, init) =>
        init.method === 'PUT'
          ? Response.json({ success: false, errors: [{ code: 10000 }] }, { status: 403 })
          : fetch(url, init),
    });
    expect(code).toBe(0);
    expect(found('write permission').fix).toContain('Workers KV Storage Write');
  });

  it('tells a clock that is wrong', async () => {
    const { code, found } = await doctor({ fetch: withDate(Date.now() - 120_000) });
    expect(code).toBe(8);
    expect(found('clock').detail).toMatch(/(2m|1m 59s).* fast/);
  });

  it('fails where the flags would expire or are none, and says how to fix it', async () => {
    await seed(engine, [{ key: 'feature_flags', value: '{"a":true}', ttl: 300 }]);
    const { code, found } = await doctor();
    expect(code).toBe(8);
    expect(found('flags').fix).toContain('--no-expire');
    await seed(engine, [{ key: 'feature_flags', value: '{"a":"yes","b":101,"c":true}' }]);
    expect((await doctor()).found('flags').detail).toMatch(/: a, b$/);
  });

  it('names misfits, immortal sessions and unknown keys, and no token', async () => {
    await seed(engine, [
      { key: 'conversation:u_1', value: 'oops', ttl: 600 },
      { key: `session:${TOKEN}`, value: { user_id: 'u_1', expires_at: 1, last_activity: 1 } },
      { key: 'stray', value: '1' },
    ]);
    const { code, found, stdout } = await doctor();
    expect(code).toBe(0);
    expect(found('stored values').detail).toContain('conversation:u_1 (not JSON: oops)');
    expect(found('expiry').detail).toContain('1 records never expire: session:s_');
    expect(found('unknown keys').detail).toContain('stray');
    expect(stdout).not.toContain(TOKEN);
  });

  describe('of the engine', () => {
    const workerd = process.env.MINIFLARE_WORKERD_PATH;
    afterEach(() => {
      if (workerd === undefined) delete process.env.MINIFLARE_WORKERD_PATH;
      else process.env.MINIFLARE_WORKERD_PATH = workerd;
    });

    it('starts one, and says why it does not start', async () => {
      expect((await doctor()).found('engine')).toMatchObject({ status: 'ok', detail: 'starts' });
      process.env.MINIFLARE_WORKERD_PATH = '/nowhere/workerd';
      const remote = await doctor();
      expect(remote.found('engine')).toMatchObject({
        status: 'warning',
        detail: expect.stringContaining('/nowhere/workerd'),
      });
      expect(remote.code).toBe(0);
      const local = await run('doctor --json --local', { cwd: '/' });
      expect(local.code).toBe(8);
      expect(local.json()).toContainEqual(
        expect.objectContaining({ check: 'engine', status: 'failed' }),
      );
    });
  });

  it('names the binding that the edge Worker misses', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'goblin-doctor-'));
    const config = join(folder, 'wrangler.toml');
    const write = (binding: string) =>
      writeFile(config, `name = "w"\n[[kv_namespaces]]\nbinding = "${binding}"\n`);
    const found = async () =>
      (
        await run(['doctor', '--json', '--local', '--config', config, '--persist-to', folder])
      ).json();
    await write('GOBLIN_CACHE');
    expect(await found()).toContainEqual(
      expect.objectContaining({
        check: 'bindings',
        status: 'warning',
        detail: expect.stringMatching(/KV GOBLIN_CACHE.*no KV namespace is bound as GOBLIN_KV/),
      }),
    );
    await write('GOBLIN_KV');
    expect(await found()).toContainEqual(
      expect.objectContaining({ check: 'bindings', status: 'ok' }),
    );
    await rm(folder, { recursive: true });
  });

  const edgeAnswers = (answer: () => Response | Promise<Response>) => {
    const asked: { url: string; authorization: string | null }[] = [];
    const options: RunOptions = {
      env: { GOBLIN_EDGE_URL: 'https://edge.test', GOBLIN_ADMIN_TOKEN: 'the-secret' },
      fetch: async (url, init) => {
        if (!url.startsWith('https://edge.test')) return fetch(url, init);
        asked.push({ url, authorization: new Headers(init.headers).get('authorization') });
        return answer();
      },
    };
    return { options, asked };
  };

  it('asks the edge what it dropped', async () => {
    const { options, asked } = edgeAnswers(() => Response.json({ version: '1', dropped: {} }));
    expect((await doctor(options)).found('edge').status).toBe('ok');
    expect(asked).toEqual([
      { url: 'https://edge.test/_goblin/health', authorization: 'Bearer the-secret' },
    ]);
  });

  it.each([
    [
      { analytics: { budget: 12 }, cache: { minute: 3 } },
      '12 analytics (budget), 3 cache (minute)',
    ],
    [{ analytics: { quota: 2 } }, 'KV has no writes left until midnight UTC'],
  ])('warns of what an edge has dropped: %j', async (dropped, detail) => {
    const { options } = edgeAnswers(() => Response.json({ dropped }));
    const { code, found } = await doctor(options);
    expect(code).toBe(0);
    expect(found('edge')).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining(detail),
      fix: expect.stringContaining('KV_WRITES_PER_DAY'),
    });
  });

  it.each<[string, () => Response | Promise<Response>, string]>([
    ['refuses the secret', () => new Response('', { status: 401 }), 'ADMIN_TOKEN'],
    ['has no such route', () => new Response('', { status: 404 }), 'Deploy'],
    ['is not there', () => Promise.reject(new TypeError('no such host')), 'GOBLIN_EDGE_URL'],
    ['answers something else', () => new Response('<html>'), 'GOBLIN_EDGE_URL'],
  ])('fails where the edge %s', async (_what, answer, fix) => {
    const { options } = edgeAnswers(answer);
    const { code, found, stdout } = await doctor(options);
    expect(code).toBe(8);
    expect(found('edge')).toMatchObject({ status: 'failed', fix: expect.stringContaining(fix) });
    expect(stdout).not.toContain('the-secret');
  });

  it('is a finding, not a crash, that there is no target', async () => {
    const { code, stdout } = await run('doctor --json', { cwd: '/' });
    expect(code).toBe(8);
    expect(JSON.parse(stdout)[1]).toMatchObject({ check: 'target', status: 'failed' });
  });

  it.each([
    ['20.19.0', 'ok'],
    ['20.18.9', 'failed'],
    ['18.20.1', 'failed'],
    ['26.0.0', 'ok'],
  ])('takes Node %s as %s', (version, status) => {
    expect(nodeFinding(version).status).toBe(status);
  });
});
