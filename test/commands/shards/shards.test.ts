import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { run } from '../../run.ts';
import { seed } from '../../seed.ts';

const engine = useEngine();
beforeAll(async () => {
  await seed(engine, [
    { key: 'ratelimit:203.0.113.9', value: '1', metadata: { count: 1 }, ttl: 60 },
    { key: 'cache:/models', value: '{}', ttl: 300 },
    { key: 'feature_flags', value: '{}' },
    { key: 'feature_flags_old', value: '{}' },
    { key: 'security:not-a-time:x', value: '{}', ttl: 7200 },
  ]);
});

describe('shards', () => {
  it('counts every shard and names keys of none, from the list alone', async () => {
    const { code, json, stderr } = await run('shards --json -v', { engine });
    expect(code).toBe(0);
    const counted = (json() as Record<string, unknown>[]).filter(({ keys }) => keys !== 0);
    expect(counted).toMatchObject([
      { shard: 'ratelimit', pattern: 'ratelimit:{ip}', keys: 1, expire_in_1m: 1, no_metadata: 0 },
      { shard: 'flags', keys: 1, no_expiry: 1, no_metadata: 1 },
      { shard: 'cache', keys: 1, expire_in_1m: 0, expire_in_1h: 1 },
      { shard: 'unknown', pattern: null, keys: 2, expire_in_1h: 0, no_expiry: 1 },
    ]);
    expect(counted.at(-1)?.examples).toEqual(['feature_flags_old', 'security:not-a-time:x']);
    expect(stderr).toContain('1 request · 1 list ·');
  });

  it('is a table with all shards for people', async () => {
    const { stdout, stderr } = await run('shards', { engine });
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toContain('conversations');
    expect(stderr).toContain('2 of no shard: feature_flags_old, security:not-a-time:x');
  });
});
