import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { useFolder } from '../../folder.ts';
import { remoteEnv, run } from '../../run.ts';
import { seed } from '../../seed.ts';

const engine = useEngine();
const folder = useFolder();
beforeAll(async () => {
  await writeFile(
    join(folder, 'wrangler.toml'),
    `name = "edge"
     [[env.staging.kv_namespaces]]
     binding = "GOBLIN_KV"
     id = "${engine.namespace}"
     [[env.production.kv_namespaces]]
     binding = "GOBLIN_KV"
     id = "${engine.spare}"`,
  );
});

describe('kv purge', () => {
  beforeEach(() =>
    seed(engine, [
      { key: 'purge:a', value: '1' },
      { key: 'purge:b', value: '1' },
      { key: 'purged', value: '1' },
    ]),
  );

  it('deletes all below a prefix, and no more', async () => {
    const { code, json } = await run('kv purge purge: --yes --json', { engine });
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { key: 'purge:a', result: 'deleted' },
      { key: 'purge:b', result: 'deleted' },
    ]);
    expect((await run('kv list purge -o csv', { engine })).stdout).toContain('purged');
    const again = await run('kv purge purge: --yes', { engine });
    expect({ code: again.code, stderr: again.stderr }).toMatchObject({
      code: 0,
      stderr: 'No keys to delete.\n',
    });
  });

  it('touches nothing where it is not clear that this is meant', async () => {
    for (const [line, code] of [
      ['kv purge', 2],
      ['kv purge --yes', 2],
      ['kv purge purge: --all --yes', 2],
      ['kv purge purge:', 6],
      ['kv purge --all', 6],
      ['kv purge purge: --yes --max-ops 1', 2],
      ['kv purge purge: --dry-run', 0],
    ] as const) {
      expect([line, (await run(line, { engine })).code]).toEqual([line, code]);
    }
    expect((await run('kv list purge: --json', { engine })).json()).toHaveLength(2);
  });

  it('finishes with 5 and names the keys that the API did not delete', async () => {
    const { code, json, stderr } = await run('kv purge purge: --yes --json', {
      engine,
      fetch: async (url, init) => {
        if (!url.endsWith('/bulk/delete')) return fetch(url, init);
        const sent = (JSON.parse(String(init.body)) as string[]).length;
        const result = { successful_key_count: sent - 1, unsuccessful_keys: ['purge:b'] };
        return Response.json({ success: true, errors: [], messages: [], result });
      },
    });
    expect(code).toBe(5);
    expect(json()).toMatchObject([{ result: 'deleted' }, { key: 'purge:b', result: 'failed' }]);
    expect(stderr).toContain('1 deleted, 1 refused by the API');
  });

  it('says of an API that died midway that the keys may be gone', async () => {
    const { code, json, stderr } = await run('kv purge purge: --yes --json', {
      engine,
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (!url.endsWith('/bulk/delete')) return response;
        throw new TypeError('fetch failed');
      },
    });
    expect(code).toBe(5);
    expect(json()).toMatchObject([{ result: 'unknown' }, { result: 'unknown' }]);
    expect(stderr).toContain('Running the same command again does the rest');
    expect((await run('kv list purge: --json', { engine })).json()).toEqual([]);
  });

  it('waits out a 429 in its midst', async () => {
    let refused = 0;
    const waits: number[] = [];
    const { code } = await run('kv purge purge: --yes', {
      engine,
      onSleep: (ms) => void waits.push(ms),
      fetch: async (url, init) => {
        if (!url.endsWith('/bulk/delete') || refused++ > 0) return fetch(url, init);
        const errors = [{ code: 971, message: 'Please wait' }];
        const headers = { 'retry-after': '7' };
        return Response.json({ success: false, errors }, { status: 429, headers });
      },
    });
    expect(code).toBe(0);
    expect(waits).toContain(7000);
  });
});

describe('kv copy', () => {
  const copy = (line: string) => run(`kv copy ${line}`, { env: remoteEnv(engine), cwd: folder });
  const inProduction = async (key: string) =>
    (
      await run(`kv get ${key} --json --env production`, { env: remoteEnv(engine), cwd: folder })
    ).json();

  beforeAll(async () => {
    await seed(engine, [
      { key: 'copy:a', value: 'text', metadata: { a: [1] }, ttl: 3600 },
      { key: 'copy:short', value: '1', ttl: 60 },
    ]);
    await engine.kv('/values/copy:bytes', { method: 'PUT', body: new Uint8Array([0xff, 0]) });
  });

  it('copies value, metadata and expiry, and names what expires too soon', async () => {
    const { code, json, stderr } = await copy('copy: --from staging --to production --yes --json');
    expect(code).toBe(0);
    expect(stderr).toContain('production');
    expect(json()).toMatchObject([
      { key: 'copy:a', result: 'copied' },
      { key: 'copy:bytes', result: 'copied' },
      { key: 'copy:short', result: 'skipped', problem: expect.stringContaining('expires within') },
    ]);
    const [listed] = (await run('kv list copy:a --json', { engine })).json() as object[];
    const { expires_at } = listed as { expires_at: string };
    expect(await inProduction('copy:a')).toMatchObject({
      value: 'text',
      metadata: { a: [1] },
      expires_at,
    });
    expect(await inProduction('copy:bytes')).toMatchObject({ base64: '/wA=' });
  });

  it('names a key that ended between the list and the copy', async () => {
    await seed(engine, [
      { key: 'ends:a', value: '1' },
      { key: 'ends:b', value: '2' },
    ]);
    const { code, stdout } = await run(
      'kv copy ends: --from staging --to production --yes --json',
      {
        env: remoteEnv(engine),
        cwd: folder,
        fetch: async (url, init) => {
          if (url.endsWith('/bulk/get')) await engine.kv('/values/ends:a', { method: 'DELETE' });
          return fetch(url, init);
        },
      },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { key: 'ends:a', result: 'gone' },
      { key: 'ends:b', result: 'copied' },
    ]);
  });

  it('refuses one namespace as both ends, unknown environments, and work without a yes', async () => {
    expect((await copy('copy: --from staging --to staging --yes')).stderr).toContain('the same');
    expect((await copy('copy: --from stagin --to production')).stderr).toContain('staging');
    expect((await copy('copy: --from staging --to production')).code).toBe(6);
  });
});
