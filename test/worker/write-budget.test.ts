import { afterEach, describe, expect, it, vi } from 'vitest';
import { ADMIN_TOKEN, newAddress, newEdge, putSession } from './edge.ts';
import { otherKv } from './other-kv.ts';

const admin = { Authorization: `Bearer ${ADMIN_TOKEN}` };
const login = { method: 'POST', headers: admin, body: '{"user_id":"u_1"}' };
const nobody = { Authorization: 'Bearer nobody' };

const quota = () => Promise.reject(new Error('KV put() limit exceeded for the day.'));
const tooSoon = () => Promise.reject(new Error('KV PUT failed: 429 Too Many Requests'));

/** Of the module that the edge in use counts in: each edge has its own. */
async function dropped() {
  const { droppedCounts } = await import('../../worker/src/dropped.ts');
  return droppedCounts();
}

const shardsOf = (keys: readonly string[]) => keys.map((key) => key.split(':')[0]);

afterEach(() => vi.useRealTimers());

describe('the write budget', () => {
  it('caps every sample, and what it drops is counted', async () => {
    const { kv, writes } = otherKv();
    const { visit, settled } = await newEdge({
      GOBLIN_KV: kv,
      ANALYTICS_SAMPLE: 1,
      KV_WRITES_PER_DAY: 1000,
    });
    for (let i = 0; i < 30; i++) await visit('/teapot', { ip: newAddress() });
    await settled();
    expect(writes.length).toBeGreaterThan(0);
    expect(writes.length).toBeLessThan(10);
    expect(await dropped()).toEqual({ analytics: { budget: 30 - writes.length } });
  });

  it('leaves room for what matters more than events', async () => {
    const { kv, writes } = otherKv();
    const { visit, settled } = await newEdge({
      GOBLIN_KV: kv,
      ANALYTICS_SAMPLE: 1,
      KV_WRITES_PER_DAY: 1000,
    });
    for (let i = 0; i < 30; i++) await visit('/teapot', { ip: newAddress() });
    writes.length = 0;
    const headers = await putSession('u_room.x', 'u_room');
    await visit('/chat', { method: 'POST', headers, body: '{"message":"hi"}' });
    await visit('/', { headers: nobody });
    await settled();
    expect(shardsOf(writes).sort()).toEqual(['conversation', 'security']);
  });

  it('has no say in logins and logouts', async () => {
    const { visit, settled } = await newEdge({ ANALYTICS_SAMPLE: 1, KV_WRITES_PER_DAY: 10 });
    for (let i = 0; i < 20; i++) await visit('/teapot', { ip: newAddress() });
    await settled();
    for (let i = 0; i < 20; i++) {
      const response = await visit('/_goblin/sessions', login);
      expect(response.status).toBe(201);
      const { token } = await response.json<{ token: string }>();
      const headers = { Authorization: `Bearer ${token}` };
      const { status } = await visit('/_goblin/session', { method: 'DELETE', headers });
      expect(status).toBe(204);
    }
  });

  it('caps what invented queries make the cache write', async () => {
    const { kv, writes } = otherKv();
    const { visit, settled } = await newEdge({ GOBLIN_KV: kv, KV_WRITES_PER_DAY: 1000 });
    for (let i = 0; i < 20; i++) {
      for (let times = 0; times < 2; times++) {
        await visit(`/models?made-up=${i}`, { ip: newAddress() });
        await settled();
      }
    }
    expect(shardsOf(writes).filter((shard) => shard === 'cache').length).toBeLessThan(10);
    expect((await dropped()).cache?.budget).toBeGreaterThan(10);
  });
});

describe('when KV is out of writes', () => {
  it('only logins are tried until midnight UTC', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 1, 22) });
    let isOut = true;
    const { kv, writes } = otherKv({ write: (real) => (isOut ? quota() : real()) });
    const { visit, settled } = await newEdge({ GOBLIN_KV: kv, ANALYTICS_SAMPLE: 1 });
    await visit('/teapot');
    await settled();
    expect(shardsOf(writes)).toEqual(['analytics']);
    writes.length = 0;
    await visit('/teapot');
    await visit('/', { headers: nobody });
    await settled();
    expect(writes).toEqual([]);
    expect((await visit('/_goblin/sessions', login)).status).toBe(503);
    isOut = false;
    expect((await visit('/_goblin/sessions', login)).status).toBe(201);
    expect(shardsOf(writes)).toEqual(['session', 'session']);
    expect(await dropped()).toEqual({
      analytics: { quota: 3 },
      security: { quota: 1 },
      sessions: { quota: 1 },
    });
    vi.setSystemTime(Date.UTC(2027, 0, 2));
    writes.length = 0;
    await visit('/teapot');
    await settled();
    expect(shardsOf(writes)).toEqual(['analytics']);
  });

  it('is not what a second write to one key within a second means', async () => {
    const { kv, writes } = otherKv({ write: tooSoon });
    const { visit, settled } = await newEdge({ GOBLIN_KV: kv, ANALYTICS_SAMPLE: 1 });
    for (let i = 0; i < 5; i++) await visit('/teapot');
    await settled();
    expect(writes).toHaveLength(5);
    expect(await dropped()).toEqual({ analytics: { kv_error: 5 } });
  });
});

describe('the sample, where none is set', () => {
  const sampleIn = async (perDay: number, requests: number) => {
    vi.resetModules();
    const { affordableSample } = await import('../../worker/src/sampling.ts');
    let sample = 0;
    for (let i = 0; i < requests; i++) sample = affordableSample(perDay, i * (60_000 / requests));
    return { sample, next: affordableSample(perDay, 60_000) };
  };

  it('is everything where the budget has room for it', async () => {
    expect((await sampleIn(10_000_000, 100)).next).toBeGreaterThanOrEqual(1);
  });

  it('is as much of the last minute as half of the budget', async () => {
    const { sample, next } = await sampleIn(1_000_000, 6000);
    // 750,000 a day for four isolates are 130 a minute.
    expect(sample * 6000).toBeCloseTo(65, 0);
    expect(next).toBe(sample);
  });

  it('is everything again soon after the traffic is over', async () => {
    await sampleIn(1_000_000, 6000);
    const { affordableSample } = await import('../../worker/src/sampling.ts');
    expect(affordableSample(1_000_000, 600_000)).toBeGreaterThanOrEqual(1);
  });

  it('is what decides on events', async () => {
    const { kv, writes } = otherKv();
    const unset = { GOBLIN_KV: kv, ANALYTICS_SAMPLE: undefined as never };
    const plenty = await newEdge({ ...unset, KV_WRITES_PER_DAY: 1e9 });
    await plenty.visit('/teapot');
    await plenty.settled();
    expect(shardsOf(writes)).toEqual(['analytics']);
    writes.length = 0;
    const nothing = await newEdge({ ...unset, KV_WRITES_PER_DAY: 0 });
    await nothing.visit('/teapot');
    await nothing.settled();
    expect([writes, await dropped()]).toEqual([[], {}]);
  });
});
