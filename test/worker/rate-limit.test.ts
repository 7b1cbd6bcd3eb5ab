import { afterEach, describe, expect, it, vi } from 'vitest';
import { ADMIN_TOKEN, bucketKey, kv, listed, newAddress, newEdge, passTime } from './edge.ts';
import { otherKv } from './other-kv.ts';

const inParallel = (times: number, visit: (index: number) => Promise<Response>) =>
  Promise.all(Array.from({ length: times }, (_, index) => visit(index)));

const statuses = (responses: Response[]) => {
  const counts: Record<number, number> = {};
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

const bucketsOf = (keys: readonly string[]) => keys.filter((key) => key.startsWith('ratelimit:'));

afterEach(() => vi.useRealTimers());

describe('the rate limit', () => {
  it('lets 100 of 1,000 parallel requests of one address through', async () => {
    const { visit } = await newEdge();
    expect(statuses(await inParallel(1000, () => visit('/teapot')))).toEqual({
      418: 100,
      429: 900,
    });
  });

  it('does not count one address for another', async () => {
    const { visit } = await newEdge();
    const responses = await inParallel(300, () => visit('/teapot', { ip: newAddress() }));
    expect(statuses(responses)).toEqual({ 418: 300 });
  });

  it('says when to come back', async () => {
    const ip = newAddress();
    const reset_at = Date.now() + 42_000;
    await kv.put(bucketKey(ip), '100', { metadata: { count: 100, reset_at } });
    const { visit } = await newEdge();
    const response = await visit('/', { ip });
    expect(response.status).toBe(429);
    expect(response.headers.get('Retry-After')).toBe('42');
    expect(response.headers.get('RateLimit-Policy')).toBe('"default";q=100;w=60');
    expect(response.headers.get('RateLimit')).toBe('"default";r=0;t=42');
    expect(await response.json()).toMatchObject({ error: { code: 'rate_limited' } });
  });

  it('writes a busy bucket when its count has doubled and at the limit, with the end of its window', async () => {
    const counting = otherKv();
    const { visit, settled, ip } = await newEdge({ GOBLIN_KV: counting.kv });
    const before = Date.now();
    await inParallel(150, () => visit('/teapot'));
    await settled();
    expect(await kv.get(bucketKey(ip))).toBe('100');
    const [bucket] = await listed<{ count: number; reset_at: number }>(bucketKey(ip));
    expect(bucket?.metadata?.count).toBe(100);
    expect((bucket?.metadata?.reset_at ?? 0) - before).toBeGreaterThanOrEqual(60_000);
    expect((bucket?.metadata?.reset_at ?? 0) - before).toBeLessThan(61_000);
    expect(bucketsOf(counting.writes).length).toBeLessThan(3);
  });

  it('writes the bucket of a client that asks on and on four times a window', async () => {
    const counting = otherKv();
    const { visit, settled } = await newEdge({ GOBLIN_KV: counting.kv });
    const start = Date.UTC(2027, 0, 1);
    vi.useFakeTimers({ toFake: ['Date'], now: start });
    for (let i = 0; i < 120; i++) {
      vi.setSystemTime(start + i * 450);
      await visit('/teapot');
      await settled();
    }
    vi.useRealTimers();
    expect(bucketsOf(counting.writes)).toHaveLength(4);
  });

  it('shares nothing of an address far from its limit', async () => {
    const { visit, settled, ip } = await newEdge();
    await inParallel(19, () => visit('/teapot'));
    await settled();
    expect(await kv.get(bucketKey(ip))).toBeNull();
  });

  it('adds what this isolate counted to what others did', async () => {
    const ip = newAddress();
    await kv.put(bucketKey(ip), '90', {
      metadata: { count: 90, reset_at: Date.now() + 50_000 },
    });
    const { visit } = await newEdge();
    const responses: Response[] = [];
    for (let i = 0; i < 12; i++) responses.push(await visit('/teapot', { ip }));
    expect(statuses(responses)).toEqual({ 418: 10, 429: 2 });
  });

  it('takes no notice of a window that is over', async () => {
    const ip = newAddress();
    await kv.put(bucketKey(ip), '100', { metadata: { count: 100, reset_at: Date.now() - 1 } });
    const { visit } = await newEdge();
    expect((await visit('/teapot', { ip })).status).toBe(418);
  });

  it('lets an address through when the operator deletes its bucket', async () => {
    const { visit, settled, ip } = await newEdge();
    await inParallel(101, () => visit('/teapot'));
    await settled();
    expect((await visit('/teapot')).status).toBe(429);
    await kv.delete(bucketKey(ip));
    passTime(1001);
    expect((await visit('/teapot')).status).toBe(418);
    await settled();
    expect(await kv.get(bucketKey(ip))).toBeNull();
  });

  it('blocks a known address soon after the operator puts its bucket at the limit', async () => {
    const { visit, settled, ip } = await newEdge();
    await visit('/teapot');
    await kv.put(bucketKey(ip), '"100"');
    passTime(1001);
    const found: number[] = [];
    for (let i = 0; i < 21; i++) {
      found.push((await visit('/teapot')).status);
      await settled();
    }
    expect(found.at(-1)).toBe(429);
  });

  it('reads the bucket of a blocked address at most once a second', async () => {
    const counting = otherKv();
    const ip = newAddress();
    await kv.put(bucketKey(ip), '100');
    const { visit } = await newEdge({ GOBLIN_KV: counting.kv });
    for (let i = 0; i < 50; i++) await visit('/teapot', { ip });
    expect(bucketsOf(counting.reads).length).toBeLessThan(3);
  });

  it('is off with its flag', async () => {
    await kv.put('feature_flags', '{"rate_limiting_enabled":false}');
    const { visit } = await newEdge();
    expect(statuses(await inParallel(150, () => visit('/teapot')))).toEqual({ 418: 150 });
    await kv.delete('feature_flags');
  });

  it('does not stop the backend from logging users in, and does stop who guesses the secret', async () => {
    const { visit } = await newEdge();
    const body = '{"user_id":"u_1"}';
    const login = (secret: string) => () =>
      visit('/_goblin/sessions', {
        method: 'POST',
        body,
        headers: { Authorization: `Bearer ${secret}` },
      });
    expect(statuses(await inParallel(120, login(ADMIN_TOKEN)))).toEqual({ 201: 120 });
    expect(statuses(await inParallel(120, login('guess')))).toEqual({ 401: 100, 429: 20 });
  });
});

describe('at first contact', () => {
  const blocked = async (ms: number) => {
    const ip = newAddress();
    await kv.put(bucketKey(ip), '100');
    const slow = otherKv({
      read: async (real, key) => {
        if (key === bucketKey(ip)) await scheduler.wait(ms);
        return real();
      },
    });
    const { visit, settled } = await newEdge({ GOBLIN_KV: slow.kv });
    return { slow, settled, visit: () => visit('/teapot', { ip }) };
  };

  it('all that come while the first read is under way wait for it', async () => {
    const { slow, visit } = await blocked(200);
    const responses: Promise<Response>[] = [];
    for (let i = 0; i < 80; i++) {
      responses.push(visit());
      if (i % 8 === 0) await scheduler.wait(10);
    }
    expect(statuses(await Promise.all(responses))).toEqual({ 429: 80 });
    expect(bucketsOf(slow.reads)).toHaveLength(1);
  });

  it('they wait for half a second, and no longer than the first one', async () => {
    const { visit, settled } = await blocked(2000);
    const first = visit();
    await scheduler.wait(250);
    const second = visit();
    const late = first.then(() => scheduler.wait(150)).then(() => 'late');
    expect(await Promise.race([second.then(({ status }) => status), late])).toBe(418);
    expect((await first).status).toBe(418);
    await settled();
    expect((await visit()).status).toBe(429);
  });
});

describe('an IPv4 address', () => {
  it('is counted together with its IPv6-mapped form', async () => {
    const { visit } = await newEdge();
    const forms = ['198.51.100.8', '::ffff:198.51.100.8', '::ffff:c633:6408'];
    const visits = await inParallel(150, (index) =>
      visit('/teapot', { ip: forms[index % 3] ?? '' }),
    );
    expect(statuses(visits)).toEqual({ 418: 100, 429: 50 });
  });
});

describe('an IPv6 address', () => {
  const someOf = (network: string) => (index: number) => `${network}:${index.toString(16)}::1`;

  it('is counted with all others of its /64', async () => {
    const { visit, settled } = await newEdge();
    const address = someOf('2001:db8:64:1');
    const visits = await inParallel(150, (index) => visit('/teapot', { ip: address(index) }));
    expect(statuses(visits)).toEqual({ 418: 100, 429: 50 });
    await settled();
    expect(await listed('ratelimit:2001:db8:64:')).toMatchObject([
      { name: 'ratelimit:2001:db8:64:1::/64' },
    ]);
  });

  it('costs one read for all of its /64', async () => {
    const counting = otherKv();
    const { visit } = await newEdge({ GOBLIN_KV: counting.kv });
    const address = someOf('2001:db8:64:2');
    await inParallel(9, (index) => visit('/teapot', { ip: address(index) }));
    expect(bucketsOf(counting.reads)).toEqual(['ratelimit:2001:db8:64:2::/64']);
  });

  it.each([
    ['128', '2001:db8:64:3::9', 'ratelimit:2001:db8:64:3::9'],
    [56, '2001:db8:64:3ff::9', 'ratelimit:2001:db8:64:300::/56'],
    ['0', '2001:db8:64:4::9', 'ratelimit:2001:db8:64:4::/64'],
    ['many', '2001:db8:64:5::9', 'ratelimit:2001:db8:64:5::/64'],
    ['', '2001:db8:64:6::9', 'ratelimit:2001:db8:64:6::/64'],
    [64, '::ffff:198.51.100.7', 'ratelimit:198.51.100.7'],
    [64, '198.51.100.7', 'ratelimit:198.51.100.7'],
    [64, 'no address', 'ratelimit:unknown'],
    [64, 'x'.repeat(5000), 'ratelimit:unknown'],
  ])('with RATE_LIMIT_IPV6_PREFIX %j: %.20s is %s', async (prefix, ip, key) => {
    const counting = otherKv();
    const { visit } = await newEdge({ GOBLIN_KV: counting.kv, RATE_LIMIT_IPV6_PREFIX: prefix });
    expect((await visit('/teapot', { ip })).status).toBe(418);
    expect(bucketsOf(counting.reads)).toEqual([key]);
  });
});
