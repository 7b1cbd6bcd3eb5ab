/**
 * The API dies at each request of a long operation. Whatever the report says must be true of the store: what
 * is done is done, what was not tried is untouched, and only what is called unknown may be either.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { apiClient } from '../../src/api/client.ts';
import { kvApi } from '../../src/api/kv.ts';
import { CLOUDFLARE_PACE } from '../../src/api/rate-limiter.ts';
import { withRetry } from '../../src/api/retry.ts';
import { wholeExchange } from '../../src/api/transport.ts';
import { noUsage } from '../../src/api/usage.ts';
import { kvStore } from '../../src/kv/namespace.ts';
import { cases } from '../cases.ts';
import { useEngine } from '../engine.ts';
import { cutOff, dieAfter, dieBefore, dyingAt, type Fault, faulty } from '../faults.ts';
import { useFolder } from '../folder.ts';
import { type Fetch, MEMORY_ENV, memoryApi } from '../memory-api.ts';
import { type Ran, run } from '../run.ts';

const FAULTS: [string, Fault][] = [
  ['before it acts', dieBefore],
  ['after it acted, the answer lost', dieAfter],
  ['within its answer', cutOff],
];

/** Runs the line once with a sound API and once with one that dies at each of its requests. */
async function eachDeath(
  fault: Fault,
  attempt: (network: (fetch: Fetch) => Fetch) => Promise<Ran>,
): Promise<void> {
  let requests = 0;
  const sound = await attempt((fetch) =>
    faulty(fetch, ({ nth }) => {
      requests = nth;
      return undefined;
    }),
  );
  expect(sound.code).toBe(0);
  expect(requests).toBeGreaterThan(1);
  for (let at = 1; at <= requests; at++) {
    const ran = await attempt((fetch) => dyingAt(fetch, at, fault));
    expect([at, ran.code === 1 || ran.code === 5]).toEqual([at, true]);
  }
}

const names = (count: number) =>
  Array.from({ length: count }, (_, i) => `k:${String(i).padStart(6, '0')}`);

interface Row {
  key: string;
  result: string;
}

/** The rows of a plan's report, by result. A run that ended before it had a plan has none. */
function fates({ stdout }: Ran): Record<string, string[]> {
  const rows = stdout === '' ? [] : (JSON.parse(stdout) as Row[]);
  const fates: Record<string, string[]> = {};
  for (const { key, result } of rows) {
    fates[result] ??= [];
    fates[result].push(key);
  }
  return fates;
}

const engine = useEngine();
const folder = useFolder();
beforeAll(async () => {
  const environment = (name: string, id: string) =>
    `[[env.${name}.kv_namespaces]]\nbinding = "GOBLIN_KV"\nid = "${id}"\n`;
  const toml = `name = "edge"\n${environment('a', 'source')}${environment('b', 'target')}`;
  await writeFile(join(folder, 'wrangler.toml'), toml);
  await writeFile(join(folder, 'flags.json'), '{"flags":{"api_enabled":false}}');
});

// Each of these is many runs of a command.
vi.setConfig({ testTimeout: 120_000 });

describe.each(FAULTS)('the API dies %s', (_, fault) => {
  const purge = (count: number) => async (network: (fetch: Fetch) => Fetch) => {
    const keys = names(count);
    const api = memoryApi(keys.map((key) => ({ key })));
    const ran = await run('kv purge k: --yes --json --namespace-id abc', {
      env: MEMORY_ENV,
      fetch: network(api.fetch),
    });
    const { deleted = [], untried = [], unknown = [], ...rest } = fates(ran);
    expect(rest).toEqual({});
    expect(deleted.filter((key) => api.records.has(key))).toEqual([]);
    expect(untried.filter((key) => !api.records.has(key))).toEqual([]);
    const reported = deleted.length + untried.length + unknown.length;
    expect(reported).toBe(ran.stdout === '' ? 0 : count);
    if (ran.stdout === '') expect(api.records.size).toBe(count);
    return ran;
  };

  it('at each request of a purge', () => eachDeath(fault, purge(12_000)));

  const importing = (count: number, options: string, value = 'v') => {
    const keys = names(count);
    const stdin = keys.map((key) => `{"key":"${key}","value":"${value}"}\n`).join('');
    return async (network: (fetch: Fetch) => Fetch) => {
      const api = memoryApi();
      const line = `kv import - --json --namespace-id abc ${options}`;
      const ran = await run(line, { env: MEMORY_ENV, stdin, fetch: network(api.fetch) });
      const { written, unknown, last_line } = ran.json() as Record<string, number>;
      expect(api.records.size).toBeGreaterThanOrEqual(written ?? -1);
      expect(api.records.size).toBeLessThanOrEqual((written ?? 0) + (unknown ?? 0));
      expect(keys.slice(0, last_line).filter((key) => !api.records.has(key))).toEqual([]);
      if (ran.code !== 0) await goesOn(api, line, stdin, ran);
      expect(api.records.size).toBe(count);
      return ran;
    };
  };

  /** The hint's own words finish the import, its own keys being no conflict. */
  async function goesOn(
    api: ReturnType<typeof memoryApi>,
    line: string,
    stdin: string,
    { stderr, code }: Ran,
  ) {
    const from = /--from-line \d+/.exec(stderr)?.[0] ?? '';
    expect(code === 5).toBe(from !== '');
    const again = await run(`${line} ${from}`, { env: MEMORY_ENV, stdin, fetch: api.fetch });
    expect(again.code).toBe(0);
  }

  it('at each request of an import that meets its own keys', () =>
    eachDeath(fault, importing(420, '', 'long'.repeat(1500))));

  it('at each request of an import that overwrites', () =>
    eachDeath(fault, importing(25_000, '--on-conflict overwrite --yes')));

  it('at each request of a copy', () =>
    eachDeath(fault, async (network) => {
      const keys = names(700);
      const api = memoryApi(
        keys.map((key) => ({ key, value: 'v' })),
        { target: [] },
        250,
      );
      const ran = await run('kv copy k: --from a --to b --yes --json', {
        env: MEMORY_ENV,
        cwd: folder,
        fetch: network(api.fetch),
      });
      const { copied = [], untried = [], unknown = [], ...rest } = fates(ran);
      expect(rest).toEqual({});
      const target = api.of('target');
      expect(copied.filter((key) => !target.has(key))).toEqual([]);
      expect(untried.filter((key) => target.has(key))).toEqual([]);
      expect(copied.length + untried.length + unknown.length).toBe(ran.stdout ? 700 : 0);
      if (ran.stdout === '') expect(target.size).toBe(0);
      return ran;
    }));

  it('at each request of flags apply', () =>
    eachDeath(fault, async (network) => {
      await engine.kv('/values/feature_flags', { method: 'PUT', body: '{"api_enabled":true}' });
      const ran = await run('flags apply flags.json --yes --json', {
        engine,
        cwd: folder,
        fetch: network(fetch),
      });
      const stored = await (await engine.kv('/values/feature_flags')).json();
      const applied = (stored as { api_enabled: boolean }).api_enabled === false;
      const rows = ran.stdout === '' ? [] : (ran.json() as Row[]);
      const told = rows[0]?.result ?? ran.stderr;
      if (told === 'changed') expect(applied).toBe(true);
      else if (applied) expect(told).toMatch(/unknown|may have been|sent but not read back/);
      return ran;
    }));
});

describe.each(FAULTS)('the API dies %s, within 100,000 keys', (_, fault) => {
  const keys = names(100_000);
  const kvOver = (fetch: Fetch) =>
    kvStore(
      kvApi(
        apiClient({
          baseUrl: MEMORY_ENV.CLOUDFLARE_API_BASE_URL,
          credentials: { kind: 'token', token: { reveal: () => 'memory-token' } },
          accountId: 'any',
          fetch: withRetry(wholeExchange(fetch), {
            pace: CLOUDFLARE_PACE,
            clock: { now: () => 0, sleep: async () => {}, random: () => 0 },
            usage: noUsage(),
            onWait: () => {},
          }),
        }),
      ),
      'abc',
      noUsage(),
    );
  /** Of the ten requests of 10,000 keys each: the first, one in the middle and the last stand for all. */
  const deaths = cases(3, 10) === 3 ? [1, 5, 10] : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

  it('at each delete', async () => {
    for (const at of deaths) {
      const api = memoryApi(keys.map((key) => ({ key })));
      const report = await kvOver(dyingAt(api.fetch, at, fault)).deleteMany(keys);
      expect(report.done.length).toBe((at - 1) * 10_000);
      expect(report.unknown.length).toBe(10_000);
      expect(report.untried.length).toBe(keys.length - at * 10_000);
      expect(report.done.filter((key) => api.records.has(key))).toEqual([]);
      expect(report.untried.filter((key) => !api.records.has(key))).toEqual([]);
    }
  });

  it('at each write', async () => {
    const writes = keys.map((name) => ({ name, value: 'v', expiration: null, metadata: null }));
    for (const at of deaths) {
      const api = memoryApi();
      const report = await kvOver(dyingAt(api.fetch, at, fault)).putMany(writes);
      expect(report.unknown.length).toBe(10_000);
      expect(report.done.length + report.untried.length).toBe(90_000);
      expect(report.done.filter((key) => !api.records.has(key))).toEqual([]);
      expect(report.untried.filter((key) => api.records.has(key))).toEqual([]);
    }
  });
});
