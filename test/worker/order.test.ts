import { describe, expect, it } from 'vitest';
import { bucketKey, holdTimersAbove, kv, listed, newAddress, newEdge, putSession } from './edge.ts';
import { otherKv } from './other-kv.ts';

describe('the order of the steps', () => {
  it('is kill switch, rate limit, session, own routes, size', async () => {
    const ip = newAddress();
    const init = {
      ip,
      method: 'POST',
      body: 'x',
      headers: { Authorization: 'Bearer nobody', 'Content-Length': '1e9' },
    };
    await kv.put('feature_flags', '{"api_enabled":false}');
    await kv.put(bucketKey(ip), '100');
    expect((await (await newEdge()).visit('/', init)).status).toBe(503);
    await kv.delete('feature_flags');
    expect((await (await newEdge()).visit('/', init)).status).toBe(429);
    await kv.delete(bucketKey(ip));
    expect((await (await newEdge()).visit('/', init)).status).toBe(401);
    const headers = { ...(await putSession('nobody', 'u_1')), 'Content-Length': '1e9' };
    const { visit } = await newEdge();
    expect((await visit('/_goblin/flags', { ...init, headers })).status).toBe(404);
    expect((await visit('/', { ...init, headers })).status).toBe(413);
  });

  it('spends no read on who is refused from memory', async () => {
    const counting = otherKv();
    const ip = newAddress();
    await kv.put(bucketKey(ip), '100');
    const { visit, settled } = await newEdge({ GOBLIN_KV: counting.kv });
    await visit('/', { ip });
    await settled();
    counting.reads.length = 0;
    const headers = { Authorization: 'Bearer any' };
    expect((await visit('/chat', { ip, headers })).status).toBe(429);
    // The flags may be due for their next look at KV, behind any request.
    expect(counting.reads.filter((key) => key !== 'feature_flags')).toEqual([]);
  });
});

describe('what a request waits for', () => {
  it('is one round of reads where all is new', async () => {
    const waiting: (() => void)[] = [];
    const held = otherKv({
      read: async (real) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return real();
      },
    });
    const { visit, ip } = await newEdge({ GOBLIN_KV: held.kv });
    await putSession('u_round.x', 'u_round');
    const answering = visit('/chat', { headers: { Authorization: 'Bearer u_round.x' } });
    await scheduler.wait(20);
    expect(held.reads.toSorted()).toEqual(
      ['feature_flags', bucketKey(ip), 'session:u_round.x', 'conversation:u_round'].toSorted(),
    );
    for (const release of waiting) release();
    expect((await answering).status).toBe(200);
    expect(held.reads).toHaveLength(4);
  });

  it('is nothing where the isolate is warm and there is no session', async () => {
    let isOpen = true;
    const held = otherKv({ read: (real) => (isOpen ? real() : new Promise(() => {})) });
    const { visit, settled } = await newEdge({ GOBLIN_KV: held.kv });
    await visit('/teapot');
    await visit('/models');
    await settled();
    isOpen = false;
    holdTimersAbove(0);
    for (let i = 0; i < 30; i++) {
      expect((await visit('/teapot')).status).toBe(418);
      expect((await visit('/models')).headers.get('X-Cache')).toBe('HIT');
    }
  });

  it('is never a write', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held = otherKv({ write: (real) => released.then(real) });
    const { visit, settled } = await newEdge({ GOBLIN_KV: held.kv, ANALYTICS_SAMPLE: 1 });
    const headers = await putSession('u_write.x', 'u_write', { idleFor: 400_000 });
    const body = '{"message":"hi"}';
    for (let i = 0; i < 25; i++) await visit('/chat', { method: 'POST', headers, body });
    expect(new Set(held.writes.map((key) => key.split(':')[0]))).toEqual(
      new Set(['session', 'analytics', 'conversation', 'ratelimit']),
    );
    expect(await listed('conversation:u_write')).toEqual([]);
    // It was the writes that were held, not that there were none.
    release();
    await settled();
    expect(await listed('conversation:u_write')).toHaveLength(1);
  });
});
