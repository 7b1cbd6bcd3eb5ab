/** Buckets chosen by what they are, and blocks by hand. */
import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { type RunOptions, run as runLine } from '../../run.ts';
import { type Seed, seed } from '../../seed.ts';
import { stored, wipe } from '../../stored.ts';

const NOW = Date.UTC(2026, 0, 1, 12);

const engine = useEngine();

const run = (line: string, options: RunOptions = {}) =>
  runLine(line, { engine, now: NOW, ...options });
const ips = (rows: unknown) => (rows as { ip: string }[]).map(({ ip }) => ip);
const left = async () => (await stored(engine)).map((key) => key.replace('ratelimit:', ''));

function bucket(ip: string, count: number, seconds: number): Seed {
  const metadata = { count, reset_at: NOW + seconds * 1000 };
  return { key: `ratelimit:${ip}`, value: String(count), metadata };
}

const FULL = '203.0.113.9';
const OVER = '203.0.113.10';
const BUSY = '203.0.114.1';
const SIX = '2001:db8::1';

beforeEach(async () => {
  await wipe(engine);
  await seed(engine, [
    bucket(FULL, 100, 30),
    bucket(OVER, 120, -1),
    bucket(BUSY, 40, 10),
    bucket(SIX, 20, 50),
    { key: 'ratelimit:unknown', value: '"105"' },
    { key: 'ratelimit:192.0.2.1', value: 'lots' },
  ]);
});

describe('ratelimit list', () => {
  it('says who is refused now, and how much the others have left', async () => {
    const { code, json } = await run('ratelimit list --all --sort ip --json');
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { ip: '192.0.2.1', count: null, blocked: null },
      { ip: FULL, count: 100, limit: 100, remaining: 0, blocked: true },
      { ip: OVER, count: 120, remaining: 100, blocked: false },
      { ip: BUSY, count: 40, remaining: 60, blocked: false },
      { ip: SIX, count: 20, remaining: 80, blocked: false, reset_at: '2026-01-01T12:00:50.000Z' },
      { ip: 'unknown', count: 105, blocked: true },
    ]);
  });

  it.each([
    ['--blocked', ['unknown', FULL]],
    ['--min 100 --all', [OVER, 'unknown', FULL]],
    ['--min 100', ['unknown', FULL]],
    ['--min 40 --cidr 203.0.112.0/22 --all', [OVER, FULL, BUSY]],
    ['--cidr 203.0.113.77/24', [FULL]],
    ['--cidr 2001:db8::/32', [SIX]],
    ['--cidr 0.0.0.0/0', [FULL, BUSY, '192.0.2.1']],
    ['--sort count --min 20', ['unknown', FULL, BUSY, SIX]],
    ['--sort reset_at --all --cidr 203.0.0.0/16', [OVER, BUSY, FULL]],
  ])('%s', async (flags, expected) => {
    expect(ips((await run(`ratelimit list ${flags} --json`)).json())).toEqual(expected);
  });

  it('shows open windows alone, the fullest first, and says how many it hides', async () => {
    const { json, stderr } = await run('ratelimit list --json');
    expect(ips(json())).toEqual(['unknown', FULL, BUSY, SIX, '192.0.2.1']);
    expect(stderr).toContain('1 closed window is not shown; --all shows them');
    const all = await run('ratelimit list --all --json');
    expect([ips(all.json())[0], all.stderr]).toEqual([OVER, '']);
  });

  it('says what to do where none fits, and why there is none', async () => {
    const line = 'ratelimit list --cidr 198.51.100.0/24';
    expect((await run(line)).stderr).toContain('`goblin ratelimit list` shows all');
    await wipe(engine);
    expect((await run('ratelimit list')).stderr).toContain('No bucket is open');
  });

  it.each([
    ['--cidr 203.0.113.9', 'is no range of addresses'],
    ['--cidr 203.0.113.0/33', 'is no range of addresses'],
    ['--cidr fe80::1%eth0/64', 'is no range of addresses'],
    ['--cidr unknown/8', 'is no range of addresses'],
    ['--min 0', 'is no count'],
    ['--sort hits', 'cannot sort by "hits"'],
  ])('refuses %s', async (flags, message) => {
    const { code, stderr } = await run(`ratelimit list ${flags}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('ratelimit reset', () => {
  it.each([
    ['--cidr 203.0.113.0/24', '', [OVER, FULL]],
    ['--cidr ::/0', '', [SIX]],
    ['-', `${FULL}\n2001:DB8:0::1\nunknown\n`, [SIX, FULL, 'unknown']],
    ['--all', '', ['192.0.2.1', SIX, OVER, FULL, BUSY, 'unknown']],
  ])('%s, %j on stdin', async (what, stdin, gone) => {
    const { code, json } = await run(`ratelimit reset ${what} --yes --json`, { stdin });
    expect(code).toBe(0);
    expect(ips(json()).sort()).toEqual([...gone].sort());
    const all = ['192.0.2.1', SIX, OVER, FULL, BUSY, 'unknown'];
    expect(await left()).toEqual(all.filter((ip) => !gone.includes(ip)));
  });

  it('reads nothing to reset a range', async () => {
    const { stderr } = await run('ratelimit reset --cidr 0.0.0.0/0 --yes --verbose');
    expect(stderr).toContain('2 requests · 1 list · 4 deletes');
  });

  it.each([
    ['ratelimit reset --yes', 'nothing is named'],
    ['ratelimit reset 203.0.113.9 --all --yes', '<ip…> and --all exclude each other'],
    ['ratelimit reset --cidr 203.0.113.0/24 --all --yes', 'exclude each other'],
    ['ratelimit reset --cidr 203.0.113.0 --yes', 'is no range of addresses'],
    ['ratelimit reset - --yes', '"goblin" is no IP address'],
  ])('changes nothing at %s', async (line, message) => {
    const { code, stderr } = await run(line, { stdin: `${FULL}\ngoblin\n` });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(await left()).toHaveLength(6);
  });
});

describe('ratelimit block', () => {
  const lifeOf = async (ip: string) => {
    const answer = await engine.kv(`/values/${encodeURIComponent(`ratelimit:${ip}`)}`);
    const expiration = Number(answer.headers.get('expiration'));
    return { value: await answer.text(), seconds: Math.round(expiration - Date.now() / 1000) };
  };

  it.each([
    ['10m', 600],
    ['5s', 60],
  ])('fills the bucket for %s and keeps it %d s', async (time, seconds) => {
    const line = `ratelimit block 2001:DB8::0009 --for ${time} --json`;
    const { code, json, stderr } = await run(line);
    const until = new Date(NOW + (time === '5s' ? 5000 : 600_000)).toISOString();
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      ip: '2001:db8::/64',
      count: 100,
      remaining: 0,
      blocked: true,
      reset_at: until,
    });
    expect(stderr).toContain('`goblin ratelimit reset 2001:db8::/64` lets it in again');
    const life = await lifeOf('2001:db8::/64');
    expect(life.value).toBe('100');
    expect(Math.abs(life.seconds - seconds)).toBeLessThanOrEqual(5);
    const { json: shown } = await run('ratelimit show 2001:db8::77 --json');
    expect(shown()).toMatchObject({ blocked: true, reset_at: until });
  });

  it('says what the bucket was and what it is', async () => {
    const line = (ip: string) => `ratelimit block ${ip} --for 10m`;
    const noteOf = async (ip: string) =>
      (await run(line(ip))).stderr.split('\n').find((each) => each.includes('→'));
    expect(await noteOf(BUSY)).toBe(`${BUSY}: 40 of 100 requests → blocked for 10m`);
    expect(await noteOf(BUSY)).toBe(`${BUSY}: blocked for 10m → blocked for 10m`);
    expect(await noteOf('192.0.2.77')).toBe('192.0.2.77: no open window → blocked for 10m');
  });

  it.each([
    ['ratelimit block 203.0.113.77', '--for'],
    ['ratelimit block 203.0.113 --for 10m', 'is no IP address'],
    ['ratelimit block 203.0.113.77 --for 10', 'Did you mean 10s, 10m or 10h?'],
    ['ratelimit block 203.0.113.77 --for 0s', 'cannot be blocked for 0s'],
    ['ratelimit block 203.0.113.77 --for 31d', 'cannot be blocked for 31d'],
  ])('refuses %s', async (line, message) => {
    const { code, stderr } = await run(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(await left()).toHaveLength(6);
  });
});
