import { env } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AdminRequest, LiveRpc } from '../../src/live/admin.ts';
import type { Env } from '../../worker/src/env.ts';
import { ADMIN_TOKEN, listed, newAddress, newEdge, putSession } from './edge.ts';

const { LIVE, RATE_LIMITER } = env as unknown as Required<Env>;
const admin = { Authorization: `Bearer ${ADMIN_TOKEN}` };

/** A live Worker that notes what it is asked. */
function fakeLive(answer: () => unknown = () => ({ status: 200, body: { version: 1 } })) {
  const requests: AdminRequest[] = [];
  const live = {
    admin: async (request: AdminRequest) => {
      requests.push(request);
      return answer();
    },
  };
  return { requests, LIVE: live as unknown as LiveRpc };
}

afterEach(() => vi.restoreAllMocks());

describe('/_goblin/admin', () => {
  it('reaches the live Worker: a client is blocked, shown and let through again', async () => {
    const { visit } = await newEdge({ LIVE, RATE_LIMITER });
    const ip = newAddress();
    const limit = (init: RequestInit = {}) =>
      visit(`/_goblin/admin/limits/${ip}`, { ...init, headers: admin });
    const until = new Date(Date.now() + 600_000).toISOString();
    const blocked = await limit({ method: 'PUT', body: JSON.stringify({ until }) });
    expect(blocked.status).toBe(200);
    expect(blocked.headers.get('Cache-Control')).toBe('no-store');
    expect(await blocked.json()).toMatchObject({ version: 1, blocked_until: until });
    expect((await visit('/teapot', { ip })).status).toBe(429);
    expect(await (await limit()).json()).toMatchObject({ blocked_until: until });
    expect((await limit({ method: 'DELETE' })).status).toBe(200);
    const elsewhere = await newEdge({ LIVE, RATE_LIMITER });
    expect((await elsewhere.visit('/teapot', { ip })).status).toBe(418);
  });

  it('is handed on as it came, with what only the edge knows', async () => {
    const { requests, LIVE } = fakeLive();
    const { visit } = await newEdge({ LIVE, RATE_LIMIT_IPV6_PREFIX: 56 });
    await visit('/_goblin/admin/rooms/a%2Fb/say?x=1&y=%20', {
      method: 'POST',
      headers: { ...admin, 'Goblin-Admin-Version': '3' },
      body: '{"text":"hi"}',
    });
    await visit('/_goblin/admin/presence', { method: 'HEAD', headers: admin });
    expect(requests).toEqual([
      {
        version: 3,
        method: 'POST',
        path: 'rooms/a%2Fb/say',
        query: 'x=1&y=%20',
        body: { text: 'hi' },
        ipv6_prefix: 56,
      },
      { version: 1, method: 'GET', path: 'presence', query: '', body: {}, ipv6_prefix: 56 },
    ]);
  });

  it('has the status and the body of the live Worker', async () => {
    const body = { version: 1, error: { code: 'no_route', message: 'there is no such route' } };
    const { LIVE } = fakeLive(() => ({ status: 404, body }));
    const { visit } = await newEdge({ LIVE });
    const response = await visit('/_goblin/admin/x', { headers: admin });
    expect([response.status, await response.json()]).toEqual([404, body]);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('a secret from inside'))],
    [
      'throws',
      () => {
        throw new Error('a secret from inside');
      },
    ],
    ['answers nothing', () => undefined],
  ])('is 503 when the live Worker %s', async (_what, answer) => {
    const { LIVE } = fakeLive(answer);
    const { visit } = await newEdge({ LIVE });
    const response = await visit('/_goblin/admin/rooms', { headers: admin });
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain('secret');
  });

  it('is 501 where no live Worker is bound', async () => {
    const { visit } = await newEdge();
    expect((await visit('/_goblin/admin/rooms', { headers: admin })).status).toBe(501);
  });
});

describe('its bearer', () => {
  it('is compared in constant time', async () => {
    const { requests, LIVE } = fakeLive();
    const compare = vi.spyOn(crypto.subtle, 'timingSafeEqual');
    const { visit } = await newEdge({ LIVE });
    await visit('/_goblin/admin/rooms', { headers: { Authorization: 'Bearer x' } });
    expect(compare).toHaveBeenCalled();
    // Digests: nothing tells how long the secret is.
    const [given, expected] = compare.mock.calls[0] ?? [];
    expect([given?.byteLength, expected?.byteLength]).toEqual([32, 32]);
    expect(requests).toEqual([]);
  });

  it('has to have the secret, and no session will do', async () => {
    const { requests, LIVE } = fakeLive();
    const { visit, settled, ip } = await newEdge({ LIVE });
    const session = await putSession('no-admin', 'u_1');
    for (const headers of [{}, session, { Authorization: `Bearer ${ADMIN_TOKEN}x` }]) {
      const response = await visit('/_goblin/admin/rooms', { headers });
      expect(response.status).toBe(401);
      expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
    }
    await settled();
    expect(requests).toEqual([]);
    const events = await listed<{ event_type: string }>('security:');
    const denied = events.filter(
      ({ name, metadata }) => name.endsWith(ip) && metadata?.event_type === 'admin_denied',
    );
    expect(denied).toHaveLength(1);
  });

  it('is limited while it is wrong, and not when it is right', async () => {
    const { LIVE } = fakeLive();
    const { visit } = await newEdge({ LIVE });
    const ask = (secret: string) =>
      visit('/_goblin/admin/rooms', { headers: { Authorization: `Bearer ${secret}` } });
    const statuses = async (secret: string) => {
      const all = await Promise.all(Array.from({ length: 120 }, () => ask(secret)));
      return all.map(({ status }) => status).sort();
    };
    expect(await statuses(ADMIN_TOKEN)).toEqual(Array(120).fill(200));
    expect(await statuses('guess')).toEqual([...Array(100).fill(401), ...Array(20).fill(429)]);
  });

  it('is nothing without a secret: then there is no such route', async () => {
    const { requests, LIVE } = fakeLive();
    const { visit } = await newEdge({ LIVE, ADMIN_TOKEN: '' });
    for (const headers of [{}, { Authorization: 'Bearer ' }, { Authorization: 'Bearer x' }]) {
      expect((await visit('/_goblin/admin/rooms', { headers })).status).toBe(404);
    }
    expect(requests).toEqual([]);
  });

  it('does not reach the backend in any spelling of the path', async () => {
    const { requests, LIVE } = fakeLive();
    const { visit } = await newEdge({ LIVE });
    for (const path of ['/%5fgoblin/admin/rooms', '//_goblin/admin/rooms', '/_goblin/admin']) {
      expect((await visit(path)).status).toBe(404);
    }
    expect(requests).toEqual([]);
  });
});

it('health tells that the live Worker and its limiter are bound', async () => {
  const { visit } = await newEdge({ LIVE, RATE_LIMITER });
  const response = await visit('/_goblin/health', { headers: admin });
  expect(await response.json()).toMatchObject({
    bindings: { GOBLIN_KV: 'kv', LIVE: 'service', RATE_LIMITER: 'durable_object' },
  });
});
