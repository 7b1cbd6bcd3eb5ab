/** IPv6 is counted by network: commands that are given an address find the bucket it is counted in. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { useFolder } from '../../folder.ts';
import { run as runLine } from '../../run.ts';
import { type Seed, seed } from '../../seed.ts';
import { stored, wipe } from '../../stored.ts';

const NOW = Date.UTC(2026, 0, 1, 12);

const engine = useEngine();
const folder = useFolder();
beforeAll(async () => {
  const vars = '[vars]\nRATE_LIMIT_IPV6_PREFIX = "56"\n';
  await writeFile(join(folder, 'wrangler.toml'), `name = "edge"\n${vars}`);
});

const run = (line: string, stdin = '') => runLine(line, { engine, now: NOW, stdin });
/** In a folder whose wrangler file counts IPv6 by /56. */
const by56 = (line: string) => run(`${line} --config ${join(folder, 'wrangler.toml')}`);
const left = async () => (await stored(engine)).map((key) => key.replace('ratelimit:', ''));

function bucket(ip: string, count: number): Seed {
  const metadata = { count, reset_at: NOW + 30_000 };
  return { key: `ratelimit:${ip}`, value: String(count), metadata };
}

const NETWORK = '2001:db8:1:2::/64';
const WIDE = '2001:db8:1::/56';
const OLD = '2001:db8:1:2::9';
const OTHER = '2001:db8:1:3::/64';

beforeEach(async () => {
  await wipe(engine);
  await seed(engine, [
    bucket(NETWORK, 100),
    bucket(WIDE, 60),
    bucket(OLD, 7),
    bucket(OTHER, 40),
    bucket('203.0.113.9', 12),
  ]);
});

describe('ratelimit show', () => {
  it.each([
    ['2001:db8:1:2::9', NETWORK],
    ['2001:DB8:1:2:ffff::1', NETWORK],
    ['2001:db8:1:2::/64', NETWORK],
    ['2001:db8:1:2:5::/64', NETWORK],
    ['2001:db8:1::/56', WIDE],
    ['::ffff:203.0.113.9', '203.0.113.9'],
  ])('%s finds the bucket of %s', async (word, ip) => {
    expect((await run(`ratelimit show ${word} --json`)).json()).toMatchObject({ ip });
  });

  it('finds a bucket that an older Worker left for one address', async () => {
    await run(`ratelimit reset ${NETWORK} --yes`);
    expect((await run(`ratelimit show ${OLD} --json`)).json()).toMatchObject({ ip: OLD, count: 7 });
  });

  it('goes by the prefix in the wrangler file', async () => {
    const { json } = await by56('ratelimit show 2001:db8:1:2::77 --json');
    expect(json()).toMatchObject({ ip: WIDE });
  });

  it.each(['203.0.113.0/24', '2001:db8::/129', '2001:db8::/0', '2001:db8::1/64/64'])(
    'refuses %s',
    async (word) => expect((await run(`ratelimit show ${word}`)).code).toBe(2),
  );
});

describe('ratelimit reset', () => {
  it.each([
    ['2001:db8:1:2::77', [NETWORK]],
    [OLD, [NETWORK, OLD]],
    [`${OLD} 2001:db8:1:2::77 ${NETWORK}`, [NETWORK, OLD]],
    ['--cidr 2001:db8:1::/48', [NETWORK, WIDE, OLD, OTHER]],
    ['--cidr 2001:db8:1:2::9/128', [NETWORK, WIDE, OLD]],
    ['--cidr 2001:db8:1:3::/64', [WIDE, OTHER]],
    ['--cidr ::/0', [NETWORK, WIDE, OLD, OTHER]],
  ])('%s', async (what, gone) => {
    const before = await left();
    expect((await run(`ratelimit reset ${what} --yes`)).code).toBe(0);
    expect(await left()).toEqual(before.filter((ip) => !gone.includes(ip)));
  });

  it('names an address that has neither kind of bucket once, as it was typed', async () => {
    const { json } = await run('ratelimit reset 2001:db8:9::9 2001:db8:1:2::77 --yes --json');
    expect(json()).toEqual([
      { ip: NETWORK, count: 100, result: 'reset' },
      { ip: '2001:db8:9::9', count: null, result: 'absent' },
    ]);
  });

  it('takes networks as the list shows them from stdin', async () => {
    await run('ratelimit reset - --yes', `${NETWORK}\n${WIDE}\n`);
    expect(await left()).toEqual([OLD, OTHER, '203.0.113.9']);
  });
});

describe('ratelimit block', () => {
  it.each([
    ['2001:db8:7:8::9', '2001:db8:7:8::/64'],
    ['2001:db8:7:800::/56', '2001:db8:7:800::/56'],
    ['203.0.113.77', '203.0.113.77'],
  ])('%s fills the bucket of %s', async (word, ip) => {
    const { json, stderr } = await run(`ratelimit block ${word} --for 10m --json`);
    expect(json()).toMatchObject({ ip, blocked: true });
    expect(stderr).toContain(`${ip} is blocked; \`goblin ratelimit reset ${ip}\``);
    expect(await left()).toContain(ip);
  });

  it('goes by the prefix in the wrangler file', async () => {
    expect((await by56('ratelimit block 2001:db8:7:8ff::9 --for 10m')).code).toBe(0);
    expect(await left()).toContain('2001:db8:7:800::/56');
  });
});

describe('ip', () => {
  it('shows the bucket that an address is counted in, and no other', async () => {
    const { json } = await run(`ip ${OLD} --json`);
    expect(json()).toMatchObject({
      ip: OLD,
      blocked: true,
      bucket: { ip: NETWORK, count: 100 },
      neighbours: [],
      next: expect.arrayContaining([`goblin ratelimit reset ${OLD}`]),
    });
  });

  it('shows the bucket of a wider network too', async () => {
    const { json } = await run('ip 2001:db8:1:4::1 --json');
    expect(json()).toMatchObject({ blocked: false, bucket: { ip: WIDE, count: 60 } });
  });
});
