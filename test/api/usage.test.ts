import { describe, expect, it } from 'vitest';
import { countsIn, describeUsage, freePerDay, noUsage, sumOf } from '../../src/api/usage.ts';
import { MEMORY_ENV, memoryApi } from '../memory-api.ts';
import { run } from '../run.ts';

describe('usage', () => {
  it('is told by counter, each in its own unit, without what was not used', () => {
    const usage = { ...noUsage(), requests: 1, retries: 2, 'kv.read': 1, 'd1.rows_read': 12_000 };
    expect(describeUsage(usage, 420)).toBe(
      '1 request · 2 retries · 1 read · 12,000 D1 rows read · 0.42 s',
    );
    expect(describeUsage({ ...noUsage(), waitedMs: 61_000 }, 62_000)).toBe(
      '0 requests · 61 s waiting · 62 s',
    );
  });

  it('adds up over stores', () => {
    const sum = sumOf([
      { requests: 1, 'kv.delete': 3 },
      { requests: 2, 'd1.rows_written': 1 },
    ]);
    expect(sum).toEqual({ requests: 3, 'kv.delete': 3, 'd1.rows_written': 1 });
    expect(countsIn(sum).map(({ text }) => text)).toEqual([
      '3 requests',
      '3 deletes',
      '1 D1 row written',
    ]);
  });

  it('has a free limit for what is billed, and none for requests to the API', () => {
    expect([freePerDay('kv.delete'), freePerDay('d1.rows_read'), freePerDay('requests')]).toEqual([
      1000,
      5_000_000,
      null,
    ]);
  });

  it('counts requests to the edge beside those to the API', async () => {
    const api = memoryApi([{ key: 'cache:/models', value: '{}' }]);
    const line = ['--namespace-id', MEMORY_ENV.CLOUDFLARE_ACCOUNT_ID, 'cache', 'purge', '/models'];
    const { code, stderr } = await run(
      [...line, '--yes', '--warm', 'https://edge.invalid', '--verbose'],
      {
        env: MEMORY_ENV,
        fetch: async (url, init) =>
          url.startsWith('https://edge.invalid') ? new Response('{}') : api.fetch(url, init),
      },
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/1 delete · 1 request to the edge · /);
  });
});
