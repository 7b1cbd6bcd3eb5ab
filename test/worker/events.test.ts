import { describe, expect, it, vi } from 'vitest';
import { analyticsKey } from '../../src/shards/analytics.ts';
import { securityKey } from '../../src/shards/security.ts';
import type { Call } from '../../worker/src/call.ts';
import { kv, listed, newAddress, newEdge, putSession } from './edge.ts';

interface Fields {
  event_type: string;
  [field: string]: unknown;
}

/** The events of one address. */
async function eventsOf(shard: 'analytics' | 'security', ip: string) {
  const codec = { analytics: analyticsKey, security: securityKey }[shard];
  const rows = await listed<Fields>(`${shard}:`);
  return rows.filter(({ name }) => codec.parse(name)?.ip === ip);
}

describe('an analytics event', () => {
  it('is left by a request that was let through, its small fields in the metadata too', async () => {
    const { visit, settled, ip } = await newEdge({ ANALYTICS_SAMPLE: '1' });
    const before = Date.now();
    await visit('/slow?ms=30&token=private');
    await settled();
    const [row, ...more] = await eventsOf('analytics', ip);
    expect(more).toEqual([]);
    const { metadata, name } = row ?? {};
    expect(metadata).toMatchObject({ method: 'GET', path: '/slow', event_type: 'request' });
    expect(metadata?.duration_ms).toBeGreaterThanOrEqual(29);
    const { timestamp = 0 } = analyticsKey.parse(name ?? '') ?? {};
    expect(timestamp).toBeGreaterThanOrEqual(before);
    expect(JSON.parse((await kv.get(name ?? '')) ?? '')).toEqual({ timestamp, ip, ...metadata });
    expect(Math.abs((row?.expiration ?? 0) - Date.now() / 1000 - 86_400)).toBeLessThan(3);
  });

  it('says what the Worker did', async () => {
    const { visit, settled, ip } = await newEdge({ ANALYTICS_SAMPLE: 1 });
    await kv.delete('cache:/health');
    const headers = await putSession('events', 'u_events');
    await visit('/health');
    await settled();
    for (const path of ['/health', '/chat', '/_goblin/flags']) await visit(path, { headers });
    await visit('/health');
    await visit('/_goblin/session', { method: 'DELETE', headers });
    await settled();
    const types = (await eventsOf('analytics', ip)).map((row) => row.metadata?.event_type);
    expect(types.sort()).toEqual(
      ['cache_hit', 'cache_miss', 'chat', 'flags', 'request', 'session_ended'].sort(),
    );
  });

  it('overwrites no other of its address in the same millisecond', async () => {
    const { visit, settled, ip } = await newEdge({ ANALYTICS_SAMPLE: 1 });
    await Promise.all(Array.from({ length: 60 }, () => visit('/teapot')));
    await settled();
    const rows = await eventsOf('analytics', ip);
    expect(rows).toHaveLength(60);
    expect(rows.every(({ name }) => analyticsKey.parse(name)?.ip === ip)).toBe(true);
  });

  it('fits its metadata however long the path', async () => {
    const { visit, settled, ip } = await newEdge({ ANALYTICS_SAMPLE: 1 });
    await visit(`/${'%F0%9F%91%BE'.repeat(5000)}`);
    await settled();
    expect((await eventsOf('analytics', ip))[0]?.metadata?.path).toHaveLength(256);
  });

  it('does not hold a token that stands in the path', async () => {
    const { visit, settled, ip } = await newEdge({ ANALYTICS_SAMPLE: 1 });
    const token = `u_42.${crypto.randomUUID()}${crypto.randomUUID()}`;
    await visit(`/sessions/${token}/end`);
    await settled();
    const [row] = await eventsOf('analytics', ip);
    expect(row?.metadata?.path).toBe('/sessions/[token]/end');
    expect(await kv.get(row?.name ?? '')).not.toContain(token);
  });

  it.each([
    ['is down', '/down', {}],
    ['is slow', '/slow?ms=500', { API_TIMEOUT_MS: '50' }],
    ['breaks off', '/cut', {}],
  ])(
    'is backend_error where the backend %s, whatever the sample',
    async (_what, path, variables) => {
      const { visit, settled, ip } = await newEdge(variables);
      const response = await visit(path);
      await response.text().catch(() => {});
      await vi.waitFor(async () => {
        await settled();
        const types = (await eventsOf('analytics', ip)).map(({ metadata }) => metadata?.event_type);
        expect(types).toEqual(['backend_error']);
      });
    },
  );

  it('is backend_error ten times a minute beyond the sample', async () => {
    const { visit, settled, ip } = await newEdge();
    const before = Math.floor(Date.now() / 60_000);
    for (let i = 0; i < 30; i++) await visit('/down');
    await settled();
    const minutes = Math.floor(Date.now() / 60_000) - before + 1;
    const { length } = await eventsOf('analytics', ip);
    expect(length).toBeGreaterThanOrEqual(10);
    expect(length).toBeLessThanOrEqual(10 * minutes);
  });

  it('is left by so many as the sample says', async () => {
    const { visit, settled, ip } = await newEdge({ ANALYTICS_SAMPLE: '0' });
    await Promise.all(Array.from({ length: 20 }, () => visit('/teapot')));
    await settled();
    expect(await eventsOf('analytics', ip)).toEqual([]);
  });

  it('is not left by what was refused', async () => {
    const { visit, settled, ip } = await newEdge({ ANALYTICS_SAMPLE: 1 });
    await visit('/', { headers: { Authorization: 'Bearer nobody' } });
    await settled();
    expect(await eventsOf('analytics', ip)).toEqual([]);
  });
});

describe('a security event', () => {
  it.each<[string, string, RequestInit, number]>([
    ['session_invalid', '/', { headers: { Authorization: 'Bearer nobody' } }, 1],
    ['session_expired', '/', { headers: { Authorization: 'Bearer past' } }, 1],
    ['body_too_large', '/', { method: 'POST', body: 'x', headers: { 'Content-Length': '1e9' } }, 1],
    [
      'admin_denied',
      '/_goblin/sessions',
      { method: 'POST', headers: { Authorization: 'Bearer x' } },
      1,
    ],
    ['bad_request', '/_goblin/nothing', {}, 1],
    ['rate_limited', '/teapot', {}, 102],
  ])('%s is left once a minute by an address', async (event_type, path, init, times) => {
    await putSession('past', 'u_1', { expiresIn: -1 });
    const { visit, settled, ip } = await newEdge();
    const before = Date.now();
    for (let i = 0; i < times + 3; i++) await visit(path, init);
    await settled();
    const rows = await eventsOf('security', ip);
    const minutes = Math.floor(Date.now() / 60_000) - Math.floor(before / 60_000) + 1;
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThanOrEqual(minutes);
    const { metadata, name, expiration } = rows[0] ?? {};
    expect(metadata).toMatchObject({ event_type, reason: expect.any(String) });
    const { timestamp } = securityKey.parse(name ?? '') ?? {};
    expect(JSON.parse((await kv.get(name ?? '')) ?? '')).toEqual({ timestamp, ip, ...metadata });
    expect(Math.abs((expiration ?? 0) - Date.now() / 1000 - 604_800)).toBeLessThan(3);
  });

  it('is left a hundred times a minute at most, however many addresses there are', async () => {
    const { visit, settled } = await newEdge();
    const addresses = new Set(Array.from({ length: 300 }, newAddress));
    const headers = { Authorization: 'Bearer nobody' };
    const before = Math.floor(Date.now() / 60_000);
    for (const ip of addresses) await visit('/', { ip, headers });
    await settled();
    const minutes = Math.floor(Date.now() / 60_000) - before + 1;
    const rows = (await listed<Fields>('security:')).filter(({ name }) =>
      addresses.has(securityKey.parse(name)?.ip ?? ''),
    );
    expect(rows.length).toBeGreaterThanOrEqual(100);
    expect(rows.length).toBeLessThanOrEqual(100 * minutes);
  });

  it('is left a hundred times a minute by tens of thousands of addresses too', async () => {
    vi.resetModules();
    const { report } = await import('../../worker/src/events.ts');
    const keys: string[] = [];
    const GOBLIN_KV = { put: async (key: string) => keys.push(key) };
    const call = { env: { GOBLIN_KV, KV_WRITES_PER_DAY: 1e9 }, ctx: { waitUntil: () => {} } };
    const now = Date.UTC(2027, 0, 1);
    for (let i = 0; i < 45_000; i++) {
      const ip = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
      report({ ...call, ip, now } as unknown as Call, 'session_invalid', 'no session');
    }
    expect(keys).toHaveLength(100);
  });

  it('is left once by however many addresses of one IPv6 network', async () => {
    const { visit, settled } = await newEdge();
    const headers = { Authorization: 'Bearer nobody' };
    for (let i = 1; i < 20; i++) await visit('/', { ip: `2001:db8:77:1::${i}`, headers });
    await settled();
    const rows = (await listed('security:')).filter(({ name }) => name.includes('2001:db8:77:1::'));
    expect(rows.length).toBeLessThanOrEqual(2);
  });
});
