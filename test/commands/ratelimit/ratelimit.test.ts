import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { run } from '../../run.ts';
import { seed } from '../../seed.ts';

const engine = useEngine();

describe('ratelimit', () => {
  beforeEach(async () => {
    await seed(engine, [
      {
        key: 'ratelimit:203.0.113.9',
        value: '17',
        ttl: 60,
        metadata: { count: 17, reset_at: 1767222060000 },
      },
      { key: 'ratelimit:2001:db8::1', value: '"100"', ttl: 60 },
    ]);
  });

  it('lists buckets with and without metadata', async () => {
    const { code, json } = await run('ratelimit list --all --json', { engine });
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { ip: '2001:db8::1', count: 100 },
      { ip: '203.0.113.9', count: 17, reset_at: '2025-12-31T23:01:00.000Z' },
    ]);
  });

  it('shows one, and is exit 3 for an address that has none', async () => {
    expect((await run('ratelimit show 2001:DB8:0::1 -o csv', { engine })).stdout).toContain(
      '2001:db8::1,100',
    );
    const { code, stdout, stderr } = await run('ratelimit show 192.0.2.1 --json', { engine });
    expect({ code, stdout, error: JSON.parse(stderr).error.code }).toEqual({
      code: 3,
      stdout: '',
      error: 'no_bucket',
    });
  });

  it('touches nothing without --yes where nobody can be asked', async () => {
    const { code, stdout, stderr } = await run('ratelimit reset 203.0.113.9', { engine });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain('this would reset 1 bucket; nothing was changed');
    expect((await run('ratelimit show 203.0.113.9', { engine })).code).toBe(0);
  });

  it('resets those that are there and names those that are not', async () => {
    const line = 'ratelimit reset 203.0.113.9 192.0.2.1 --yes --json';
    const { code, json } = await run(line, { engine });
    expect(code).toBe(0);
    expect(json()).toEqual([
      { ip: '203.0.113.9', count: 17, result: 'reset' },
      { ip: '192.0.2.1', count: null, result: 'absent' },
    ]);
    expect((await run('ratelimit show 203.0.113.9', { engine })).code).toBe(3);
  });

  it('refuses what is no address', async () => {
    const { code, stderr } = await run('ratelimit reset 203.0.113 --yes', { engine });
    expect(code).toBe(2);
    expect(stderr).toContain('"203.0.113" is no IP address');
  });
});
