import { beforeAll, describe, expect, it } from 'vitest';
import { bucketPrefix } from '../../../src/commands/ip/report.ts';
import { useEngine } from '../../engine.ts';
import { type RunOptions, run } from '../../run.ts';
import { seed } from '../../seed.ts';

const NOW = Date.UTC(2026, 2, 14, 15, 9, 26, 535);
const ago = (minutes: number) => NOW - minutes * 60_000;

const blocked = (minutes: number, ip: string) => {
  const fields = { event_type: 'rate_limited', reason: '100 requests in 60 s' };
  return { key: `security:${ago(minutes)}:${ip}`, value: fields, metadata: fields };
};
const bucket = (ip: string, count: number) => ({
  key: `ratelimit:${ip}`,
  value: count,
  metadata: { count, reset_at: NOW + 23_000 },
});

const engine = useEngine();
beforeAll(async () => {
  const passed = { method: 'GET', path: '/models', event_type: 'request', duration_ms: 3 };
  await seed(engine, [
    bucket('203.0.113.9', 100),
    bucket('203.0.113.80', 40),
    bucket('203.0.1.1', 99),
    bucket('2001:db8::1', 7),
    blocked(5, '203.0.113.9'),
    blocked(70, '203.0.113.9'),
    blocked(6, '203.0.113.77'),
    blocked(6, '203.0.1.1'),
    { key: `analytics:${ago(10)}:203.0.113.9`, value: passed, metadata: passed },
    ...Array.from({ length: 12 }, (_, i) => blocked(i + 1, '198.51.100.7')),
  ]);
});

const goblin = (line: string, options: RunOptions = {}) =>
  run(line, { engine, now: NOW, ...options });

describe('ip', () => {
  it('is one object: bucket, timeline, neighbours, verdict, commands', async () => {
    const { code, stderr, json } = await goblin('ip 203.0.113.9 --json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(json()).toMatchObject({
      ip: '203.0.113.9',
      network: '203.0.113.0/24',
      blocked: true,
      verdict:
        'blocked now: 100 of 100 requests, let in again in 23s; 2 security events (2 rate_limited); ' +
        '1 analytics event (1 request); 1 other address of 203.0.113.0/24 has security events',
      bucket: { count: 100, remaining: 0, reset_at: '2026-03-14T15:09:49.535Z' },
      timeline: [
        { shard: 'security', timestamp: '2026-03-14T13:59:26.535Z' },
        { shard: 'analytics', path: '/models' },
        { shard: 'security', event_type: 'rate_limited' },
      ],
      neighbours: [
        { ip: '203.0.113.77', security: 1, analytics: 0, count: null },
        { ip: '203.0.113.80', security: 0, analytics: 0, count: 40, last_at: null },
      ],
      next: [
        'goblin ratelimit reset 203.0.113.9',
        'goblin security list --ip 203.0.113.9 --since 1d',
        'goblin events top --ip 203.0.113.0/24 --since 1d',
        'goblin events tail --ip 203.0.113.9',
      ],
    });
  });

  it('keeps to its window', async () => {
    const { json } = await goblin('ip 203.0.113.9 --since 1h30m --until 1h --json');
    expect(json()).toMatchObject({ timeline: [{ timestamp: '2026-03-14T13:59:26.535Z' }] });
  });

  it('knows what to do about others', async () => {
    const verdict = async (line: string) => (await goblin(`${line} --json`)).json();
    expect(await verdict('ip 2001:DB8:0::1')).toMatchObject({
      network: '2001:db8::/64',
      blocked: false,
      verdict: 'let through: 7 of 100 requests in this window',
    });
    expect(await verdict('ip 198.51.100.7')).toMatchObject({
      verdict:
        'let through: no bucket is open, last seen 1m ago; 12 security events (12 rate_limited)',
      next: expect.arrayContaining(['goblin ratelimit block 198.51.100.7 --for 1h']),
    });
    expect(await verdict('ip 192.0.2.1')).toMatchObject({
      verdict: 'nothing is known of it: no bucket is open, and there is no event in the last 1d',
      bucket: null,
      timeline: [],
      next: ['goblin ip 192.0.2.1 --since 7d'],
    });
  });

  it('shows people a head, a timeline, the neighbours and the commands', async () => {
    const { stdout, stderr } = await goblin('ip 203.0.113.9 -n 2');
    expect(stdout).toContain('blocked now: 100 of 100 requests');
    expect(stdout.match(/security {3}rate_limited/g)).toHaveLength(1);
    expect(stdout).toContain('203.0.113.77');
    expect(stderr).toContain('The last 2 of 3 events:');
    expect(stderr).toContain('  goblin ratelimit reset 203.0.113.9');
  });

  it('tells a run of the same event in one line, and the verdict after it', async () => {
    const { stdout, stderr } = await goblin('ip 198.51.100.7');
    const lines = stdout.trimEnd().split('\n');
    const timeline = lines.filter((line) => line.includes('rate_limited  '));
    expect(timeline).toEqual([
      expect.stringMatching(
        /^2026-03-14T14:57:26Z +security +rate_limited +× 12 in 11m +100 requests/,
      ),
    ]);
    expect(lines.at(-1)).toMatch(/^verdict {2}let through/);
    expect(stderr).toContain('The last 12 of 12 events:');
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^ {2}goblin /);
  });

  it('keeps events apart that differ, and does not join what another event parts', async () => {
    const { stdout } = await goblin('ip 203.0.113.9');
    expect(stdout.match(/^2026\S+ +(security|analytics)/gm)).toHaveLength(3);
    expect(stdout).not.toContain('×');
  });

  it('refuses what is no address', async () => {
    expect((await goblin('ip 203.0.113.0/24')).code).toBe(2);
  });
});

describe('bucketPrefix', () => {
  it.each([
    ['203.0.113.9', 'ratelimit:203.0.113.'],
    ['2001:db8::1', 'ratelimit:2001:'],
    ['::1', 'ratelimit:'],
    ['unknown', 'ratelimit:unknown'],
  ])('of %s is %s', (ip, prefix) => {
    expect(bucketPrefix(ip)).toBe(prefix);
  });
});
