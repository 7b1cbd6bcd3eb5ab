import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { MEMORY_ENV, memoryApi } from '../../memory-api.ts';
import { type RunOptions, run } from '../../run.ts';
import { type Seed, seed } from '../../seed.ts';

const NOW = Date.UTC(2026, 2, 14, 15, 9, 26, 535);
const MINUTE = 60_000;
const ago = (minutes: number) => NOW - minutes * MINUTE;

function blocked(minutes: number, ip: string, event_type: string, reason: string): Seed {
  const fields = { event_type, reason };
  return { key: `security:${ago(minutes)}:${ip}`, value: fields, metadata: fields };
}

function passed(minutes: number, ip: string, method: string, path: string): Seed {
  const fields = { method, path, event_type: 'request', duration_ms: 12 };
  return { key: `analytics:${ago(minutes)}:${ip}`, value: fields, metadata: fields };
}

const RECORDS: Seed[] = [
  blocked(3, '203.0.113.9', 'rate_limited', '100 requests in 60 s'),
  blocked(2, '203.0.113.77', 'rate_limited', '100 requests in 60 s'),
  blocked(90, '2001:db8::1', 'session_invalid', 'no such session'),
  // Older Workers: no metadata and other names; seconds; ISO 8601; a value that is no JSON.
  { key: `security:${ago(1)}:198.51.100.4`, value: { event: 'bad_request' } },
  { key: `security:${Math.floor(ago(2000) / 1000)}:unknown`, value: { status: 'bad_request' } },
  {
    key: `security:${new Date(ago(3000)).toISOString()}:203.0.113.9`,
    value: { event_type: 'admin_denied', reason: 'Wrong key' },
  },
  { key: `security:${ago(4)}:203.0.113.10`, value: '{"event_type":' },
  { key: 'security:by hand', value: 'x' },
  passed(4, '203.0.113.9', 'GET', '/models'),
  passed(1, '203.0.113.9', 'POST', '/chat'),
  passed(2.5, '2001:db8::2', 'GET', '/models/small?x=1'),
];

const engine = useEngine();
beforeAll(async () => {
  await seed(engine, RECORDS);
});

const goblin = (line: string, options: RunOptions = {}) =>
  run(line, { engine, now: NOW, ...options });

/** The addresses that a line lists, in order. */
async function ips(line: string): Promise<unknown[]> {
  const ran = await goblin(`${line} --json`);
  expect(ran.stderr).toBe('');
  return (ran.json() as { ip: unknown }[]).map(({ ip }) => ip);
}

describe('list', () => {
  it('shows every event there is, old spellings and misfits too, in order of time', async () => {
    const ran = await goblin('security list --json');
    expect(ran.json()).toMatchObject([
      { ip: '203.0.113.9', event_type: 'admin_denied', reason: 'Wrong key' },
      { ip: 'unknown', event_type: 'bad_request' },
      { ip: '2001:db8::1', event_type: 'session_invalid' },
      { ip: '203.0.113.10', event_type: null },
      { ip: '203.0.113.9', timestamp: '2026-03-14T15:06:26.535Z' },
      { ip: '203.0.113.77' },
      { ip: '198.51.100.4', event_type: 'bad_request', reason: null },
      { ip: null, timestamp: null },
    ]);
    expect((await goblin('security list')).stdout).toContain('the key does not fit');
  });

  it('keeps to a window', async () => {
    expect(await ips('security list --since 3m --until 90s')).toEqual([
      '203.0.113.9',
      '203.0.113.77',
    ]);
    expect(await ips('security list --since 2026-03-12')).toHaveLength(7);
    expect(await ips('security list --until yesterday')).toEqual(['203.0.113.9']);
  });

  it('gives the newest n in order of time, or the newest first', async () => {
    expect(await ips('security list -n 2')).toEqual(['203.0.113.77', '198.51.100.4']);
    expect(await ips('security list -n 2 --reverse')).toEqual(['198.51.100.4', '203.0.113.77']);
    expect(await ips('security list -n 2 --type rate_limited')).toEqual([
      '203.0.113.9',
      '203.0.113.77',
    ]);
    expect(await ips('security list -n 100')).toHaveLength(7);
  });

  it.each([
    ['--ip 203.0.113.0/24 --until 2m', ['203.0.113.9', '203.0.113.10', '203.0.113.9']],
    ['--ip 2001:DB8:0:0::1', ['2001:db8::1']],
    ['--ip 2001:db8::/32 --ip unknown', ['unknown', '2001:db8::1']],
    ['--type session_invalid,admin_denied', ['203.0.113.9', '2001:db8::1']],
    ['--grep wrong', ['203.0.113.9']],
    ['--grep WRONG', []],
    ['--grep 100.requests --exclude 113.9', ['203.0.113.77']],
  ])('filters by %s', async (filter, expected) => {
    expect(await ips(`security list --since 7d ${filter}`)).toEqual(expected);
  });

  it.each([
    ['--path /models', ['203.0.113.9']],
    ["--path '/models/*'", ['2001:db8::2']],
    ['--method post', ['203.0.113.9']],
  ])('filters requests by %s', async (filter, expected) => {
    expect(await ips(`analytics list ${filter}`)).toEqual(expected);
  });

  it('shows the fields that are asked for', async () => {
    const { stdout } = await goblin('security list -n 1 --fields event_type,ip -o csv');
    expect(stdout).toBe('event_type,ip\nbad_request,198.51.100.4\n');
  });

  it('is exit 8 with --exit-code where there is any', async () => {
    const found = await goblin('security list --since 3m --exit-code --type rate_limited -o csv');
    expect(found.code).toBe(8);
    expect(found.stderr).toContain('2 security events found');
    expect(
      (await goblin('security list --since 3m --exit-code --type limiter_unavailable')).code,
    ).toBe(0);
  });

  it('says that nothing fits', async () => {
    const { stdout, stderr, code } = await goblin('security list --until 100d');
    expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
    expect(stderr).toBe('No security event fits. They are kept for 7 days.\n');
  });

  it.each([
    ['security list --since soon', '"soon" is not a valid time'],
    ['security list --since 1h --until 2h', 'the window ends before it begins'],
    ['security list --ip 203.0.113.0/33', '"203.0.113.0/33" is no range of addresses'],
    ['security list --ip 203.0.113', '"203.0.113" is no IP address'],
    ['security list --grep (', '"(" is not a valid regular expression'],
    ['security list --fields ip,reasons', 'Did you mean reason?'],
    ['security list -n 0', '"0" is no count'],
    ['security list --path /x', "unknown option '--path'"],
    ['security top --by paths', 'cannot count by "paths"'],
    ['security stats --bucket 1hour', 'Did you mean 1h?'],
    ['security stats --bucket 1ms', 'that would be 86,400,000 steps'],
  ])('%s is a usage error', async (line, message) => {
    const { code, stdout, stderr } = await goblin(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it.each(['success', '200', 'request_complete'])(
    'takes %s, a type of older Workers',
    async (type) => {
      expect((await goblin(`analytics list --since 1h --type ${type}`)).code).toBe(0);
    },
  );
});

describe('events', () => {
  it('merges both kinds in order of time', async () => {
    const { stdout } = await goblin('events list --since 4m --fields shard,ip -o csv');
    expect(stdout.trim().split('\n')).toEqual([
      'shard,ip',
      'analytics,203.0.113.9',
      'security,203.0.113.10',
      'security,203.0.113.9',
      'analytics,2001:db8::2',
      'security,203.0.113.77',
      'analytics,203.0.113.9',
      'security,198.51.100.4',
    ]);
  });

  it('tells requests and reasons in one column of the table', async () => {
    const { stdout } = await goblin('events list --since 3m');
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(2).join('|'))).toEqual([
      'IP|EVENT_TYPE|DETAIL',
      '203.0.113.9|rate_limited|100 requests in 60 s',
      '2001:db8::2|request|GET /models/small?x=1',
      '203.0.113.77|rate_limited|100 requests in 60 s',
      '203.0.113.9|request|POST /chat',
      '198.51.100.4|bad_request|-',
      '',
    ]);
  });
});

describe('top', () => {
  it('counts addresses, networks and types', async () => {
    expect((await goblin('security top --since 7d --json')).json()).toMatchObject([
      { ip: '203.0.113.9', count: 2, share: 28.6, first_at: '2026-03-12T13:09:26.535Z' },
      { count: 1 },
      { count: 1 },
      { count: 1 },
      { count: 1 },
      { count: 1 },
    ]);
    expect((await goblin('events top --by /24 -n 2 --json')).json()).toMatchObject([
      { network: '203.0.113.0/24', count: 5 },
      { network: '2001:db8::/64', count: 2 },
    ]);
    expect((await goblin('security top --by type --ip 203.0.113.0/24 -o csv')).stdout).toContain(
      'rate_limited,2,66.7',
    );
  });
});

describe('stats', () => {
  it('marks the first and the last step where the window cuts them', async () => {
    const line =
      'security stats --since 2026-03-14T15:05:30Z --until 2026-03-14T15:08:30Z --bucket 1m';
    const rows = (await goblin(`${line} --json`)).json() as { complete: boolean }[];
    expect(rows.map(({ complete }) => complete)).toEqual([false, true, true, false]);
    const table = (await goblin(line)).stdout.split('\n');
    expect(table.filter((row) => row.includes('partial'))).toHaveLength(2);
    expect(table[1]).toMatch(/^2026-03-14T15:05:00Z /);
  });

  it('counts each step of the window, empty ones too', async () => {
    const line = 'security stats --since 2026-03-14T15:05Z --until 2026-03-14T15:09Z --bucket 1m';
    expect((await goblin(`${line} --json`)).json()).toEqual([
      {
        from: '2026-03-14T15:05:00.000Z',
        to: '2026-03-14T15:06:00.000Z',
        count: 1,
        allowed: 1,
        blocked: 1,
        complete: true,
      },
      {
        from: '2026-03-14T15:06:00.000Z',
        to: '2026-03-14T15:07:00.000Z',
        count: 1,
        allowed: 1,
        blocked: 1,
        complete: true,
      },
      {
        from: '2026-03-14T15:07:00.000Z',
        to: '2026-03-14T15:08:00.000Z',
        count: 1,
        allowed: 0,
        blocked: 1,
        complete: true,
      },
      {
        from: '2026-03-14T15:08:00.000Z',
        to: '2026-03-14T15:09:00.000Z',
        count: 1,
        allowed: 1,
        blocked: 1,
        complete: true,
      },
    ]);
    expect((await goblin(`${line} --type limiter_unavailable --json`)).json()).toMatchObject(
      Array(4).fill({ count: 0 }),
    );
  });

  it('counts what was blocked beside what was allowed from keys alone, in either noun', async () => {
    const line = 'analytics stats --since 2026-03-14T15:05Z --until 2026-03-14T15:06Z --bucket 1m';
    const { json, stderr } = await goblin(`${line} --json -v`);
    expect(json()).toMatchObject([{ count: 1, allowed: 1, blocked: 1 }]);
    expect(stderr).not.toContain('read');
    expect((await goblin(`${line} --type request --json`)).json()).toMatchObject([
      { count: 1, allowed: 1, blocked: null },
    ]);
  });

  it('counts by type, with the course of each', async () => {
    const line = 'security stats --by type --since 2h --bucket 30m';
    expect((await goblin(`${line} --json`)).json()).toMatchObject([
      {
        event_type: 'rate_limited',
        shard: 'security',
        count: 2,
        share: 40,
        counts: [0, 0, 0, 0, 2],
      },
      { count: 1 },
      { count: 1 },
      { count: 1 },
    ]);
    const { stdout, stderr } = await goblin(line);
    expect(stdout).toMatch(/^rate_limited +security +2 +40% +····█$/m);
    expect(stderr).toContain('trend from 2026-03-14T13:00:00Z to 2026-03-14T15:30:00Z');
    const slip = await goblin('security stats --by tipe');
    expect([slip.code, slip.stderr]).toEqual([2, expect.stringContaining('Known: time, type')]);
  });

  it('draws no bar wider than is pleasant', async () => {
    const wide = await goblin('security stats --since 2h', { tty: true, columns: 200 });
    expect(wide.stdout).toMatch(/[^█]█{40}\n/);
  });

  it('draws bars as wide as the terminal allows', async () => {
    const { stdout, stderr } = await goblin('security stats --since 2h', {
      tty: true,
      columns: 60,
      env: { NO_COLOR: '1' },
    });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(26);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines.at(-1)).toMatch(/^2026-03-14 15:05:00 +3 +4 +partial +█{10}$/);
    expect(stderr).toContain('5 security events in all, 4 of them from 2026-03-14 15:05:00 UTC on');
  });
});

describe('the last hour of 100,000 events in a week', () => {
  it('takes at most 3 lists and no read', async () => {
    const metadata = { event_type: 'rate_limited', reason: 'x' };
    const events = Array.from({ length: 100_000 }, (_, i) => ({
      key: `security:${NOW - Math.floor((i * 10_080 * MINUTE) / 100_000)}:203.0.113.${i % 250}`,
      metadata,
    }));
    const { fetch } = memoryApi(events);
    const asked: string[] = [];
    const { json } = await run('security list --since 1h --json --namespace-id abc', {
      now: NOW,
      env: MEMORY_ENV,
      fetch: (url, init) => {
        asked.push(new URL(url).pathname);
        return fetch(url, init);
      },
    });
    expect(json()).toHaveLength(596);
    expect(asked.length).toBeLessThanOrEqual(3);
    expect(asked.every((path) => path.endsWith('/keys'))).toBe(true);
  });
});
