import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../../worker/live/src/env.ts';

const { RATE_LIMITER, GOBLIN_KV: kv } = env as unknown as Env;

let clients = 0;

/** A client that no other test has, and its object. */
function newClient() {
  const client = `198.51.100.${++clients}`;
  const key = `ratelimit:${client}`;
  const stub = RATE_LIMITER.getByName(client);
  let lease = 0;
  /** Takes as an isolate does. */
  const take = (need = 1, more: object = {}) =>
    stub.take({ client, holder: 'h', lease: ++lease, need, want: 0, mirror: 'all', ...more });
  const stored = () =>
    runInDurableObject(stub, async (_object, { storage }) => ({
      entries: [...storage.kv.list()].length,
      alarm: await storage.getAlarm(),
    }));
  return { client, key, stub, take, stored };
}

/** Later than now: alarms keep to the real clock, and must not ring by themselves. */
const START = Date.UTC(2030, 0, 1);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the object', () => {
  it('grants 100 tokens a window, and begins the next one at its end', async () => {
    const { take } = newClient();
    expect(await take(70)).toMatchObject({ granted: 70, left: 30, reset_in_ms: 60_000 });
    vi.setSystemTime(START + 59_999);
    expect(await take(70)).toMatchObject({ granted: 30, left: 0, reset_in_ms: 1 });
    expect(await take(1)).toMatchObject({ granted: 0, reset_in_ms: 1 });
    vi.setSystemTime(START + 60_000);
    expect(await take(100)).toMatchObject({ granted: 100, reset_in_ms: 60_000 });
  });

  it('never grants more when the clock goes back, and ends the window within 60 s', async () => {
    const { take } = newClient();
    await take(100);
    vi.setSystemTime(START - 3_600_000);
    expect(await take(1)).toMatchObject({ granted: 0, reset_in_ms: 60_000 });
    vi.setSystemTime(START - 3_600_000 + 60_000);
    expect(await take(1)).toMatchObject({ granted: 1 });
  });

  it('survives eviction, with its count and its leases', async () => {
    const { stub, take } = newClient();
    await take(60);
    await take(1, { want: 9, lease: 77 });
    await evictDurableObject(stub);
    expect(await stub.show()).toMatchObject({ count: 69, leased: 8 });
    await stub.giveBack({ holder: 'h', lease: 77, unspent: 8 });
    await evictDurableObject(stub);
    expect(await take(99)).toMatchObject({ granted: 39, left: 0 });
  });

  it('takes calls of another version: absent fields have defaults, unknown ones are ignored', async () => {
    const { stub, client } = newClient();
    const older = { client, holder: 'h', colour: 'red' } as unknown as Parameters<
      typeof stub.take
    >[0];
    expect(await stub.take(older)).toMatchObject({ granted: 1, left: 99, mirrored: false });
    const odd = { need: -5, want: Number.NaN, lease: '1' } as never;
    expect(await stub.take(odd)).toMatchObject({ granted: 1, left: 98 });
  });

  it('leaves nothing stored for an idle client, whether the alarm is early, late or rings twice', async () => {
    const { stub, take, stored } = newClient();
    await take(3);
    expect(await stored()).toEqual({ entries: 1, alarm: START + 60_000 });
    vi.setSystemTime(START + 50_000);
    await runDurableObjectAlarm(stub);
    expect(await stored()).toEqual({ entries: 1, alarm: START + 60_000 });
    vi.setSystemTime(START + 600_000);
    await runDurableObjectAlarm(stub);
    expect(await stored()).toEqual({ entries: 0, alarm: null });
    await runInDurableObject(stub, (object) => object.alarm?.());
    expect(await stored()).toEqual({ entries: 0, alarm: null });
    expect(await take(100)).toMatchObject({ granted: 100 });
  });

  it('does not let a late alarm end the next window', async () => {
    const { stub, take, stored } = newClient();
    await take(3);
    vi.setSystemTime(START + 61_000);
    await take(100);
    await runInDurableObject(stub, (object) => object.alarm?.());
    expect(await stored()).toEqual({ entries: 1, alarm: START + 121_000 });
    expect(await take(1)).toMatchObject({ granted: 0 });
  });

  it('stores nothing when it is only looked at, or refuses', async () => {
    const { stub, client, stored } = newClient();
    await stub.show();
    await stub.reset(client);
    expect(await stored()).toEqual({ entries: 0, alarm: null });
  });
});

describe('the mirror', () => {
  const entryOf = async (key: string) => {
    const { value, metadata } = await kv.getWithMetadata<Record<string, number>>(key);
    return { value, metadata };
  };

  it('has the count at 20, when it has doubled, and at the limit', async () => {
    vi.useRealTimers();
    const { key, stub, take } = newClient();
    const puts = await runInDurableObject(stub, (object) => {
      const { GOBLIN_KV } = (object as unknown as { env: Env }).env;
      return vi.spyOn(GOBLIN_KV, 'put');
    });
    puts.mockResolvedValue(undefined);
    expect((await take(19)).mirrored).toBe(false);
    expect((await take(1)).mirrored).toBe(true);
    for (let i = 0; i < 80; i++) await take(1);
    await vi.waitFor(() => expect(puts.mock.calls.at(-1)?.[1]).toBe('100'), 4000);
    expect(puts.mock.calls.length).toBeLessThanOrEqual(4);
    expect(puts.mock.calls.at(-1)).toEqual([
      key,
      '100',
      {
        expirationTtl: 60,
        metadata: { count: 100, reset_at: expect.any(Number), written_at: expect.any(Number) },
      },
    ]);
  });

  it('is not written without room in the budget, and only at the limit where there is little', async () => {
    const { take } = newClient();
    expect((await take(50, { mirror: 'none' })).mirrored).toBe(false);
    expect((await take(10, { mirror: 'limit' })).mirrored).toBe(false);
    expect((await take(40, { mirror: 'limit' })).mirrored).toBe(true);
  });

  it('blocks as the operator has written there', async () => {
    const { key, take } = newClient();
    const reset_at = START + 600_000;
    await kv.put(key, '100', { metadata: { count: 100, reset_at } });
    expect(await take(1)).toMatchObject({ granted: 0, reset_in_ms: 600_000 });
    vi.setSystemTime(reset_at);
    expect(await take(1)).toMatchObject({ granted: 1 });
  });

  it('blocks a client that is busy, too', async () => {
    const { key, take } = newClient();
    await take(5);
    await kv.put(key, '100', { metadata: { count: 100, reset_at: START + 600_000 } });
    vi.setSystemTime(START + 10_001);
    await take(1);
    await vi.waitFor(async () => expect(await take(1)).toMatchObject({ granted: 0 }));
  });

  it('lets a client through when the operator deletes its entry', async () => {
    const { key, take } = newClient();
    await take(100);
    await vi.waitFor(async () => expect((await entryOf(key)).value).toBe('100'));
    vi.setSystemTime(START + 2000);
    expect(await take(1)).toMatchObject({ granted: 0 });
    await kv.delete(key);
    vi.setSystemTime(START + 4000);
    expect(await take(1)).toMatchObject({ granted: 1, left: 99 });
  });

  it('lifts a block when its entry is gone, in a new instance as well', async () => {
    const { key, stub, take } = newClient();
    await kv.put(key, '100', { metadata: { count: 100, reset_at: START + 600_000 } });
    await take(1);
    await kv.delete(key);
    await evictDurableObject(stub);
    // KV may go on showing nothing for a while after a block was written.
    vi.setSystemTime(START + 30_000);
    expect(await take(1)).toMatchObject({ granted: 0 });
    vi.setSystemTime(START + 61_000);
    expect(await take(1)).toMatchObject({ granted: 1 });
  });

  it('is no deletion where it was never seen', async () => {
    const { take } = newClient();
    await take(100, { mirror: 'none' });
    vi.setSystemTime(START + 2000);
    expect(await take(1)).toMatchObject({ granted: 0 });
  });

  it('adds what an edge has counted by itself', async () => {
    const { key, take } = newClient();
    const metadata = { count: 90, reset_at: START + 50_000, written_at: START + 1 };
    await kv.put(key, '90', { metadata });
    vi.setSystemTime(START + 5);
    // The window has to be older than the entry.
    await take(1);
    vi.setSystemTime(START + 20_000);
    await take(1);
    expect(await take(0)).toMatchObject({ left: 98 });
    await kv.put(key, '90', { metadata: { ...metadata, written_at: START + 15_000 } });
    vi.setSystemTime(START + 40_000);
    await take(0);
    await vi.waitFor(async () => expect(await take(0)).toMatchObject({ left: 10 }));
  });

  it.each(['nonsense', '-5', '{"count":100}', ''])('may hold nonsense: %j', async (value) => {
    const { key, take } = newClient();
    await kv.put(key, value, { metadata: { reset_at: 'soon' } });
    expect(await take(1)).toMatchObject({ granted: 1 });
  });

  it('may be slow, or fail: the object counts without it', async () => {
    const { stub, take } = newClient();
    await runInDurableObject(stub, (object) => {
      const { env: bindings } = object as unknown as { env: Env };
      vi.spyOn(bindings.GOBLIN_KV, 'getWithMetadata')
        .mockImplementationOnce((() => new Promise(() => {})) as never)
        .mockRejectedValueOnce(new Error('down') as never);
    });
    expect(await take(100)).toMatchObject({ granted: 100 });
    vi.setSystemTime(START + 2000);
    expect(await take(1)).toMatchObject({ granted: 0 });
  });
});

describe("the operator's calls", () => {
  it('act on object and mirror together', async () => {
    const { client, key, stub, take } = newClient();
    await take(5);
    const until = START + 3_600_000;
    expect(await stub.block(client, until)).toMatchObject({
      blocked_until: until,
      reset_at: until,
    });
    expect(await kv.getWithMetadata(key)).toMatchObject({
      value: '100',
      metadata: { count: 100, reset_at: until },
    });
    expect(await take(1)).toMatchObject({ granted: 0, reset_in_ms: 3_600_000 });
    expect(await stub.reset(client)).toEqual({
      count: 0,
      leased: 0,
      reset_at: null,
      blocked_until: null,
    });
    expect(await kv.get(key)).toBeNull();
    expect(await take(100)).toMatchObject({ granted: 100 });
  });

  it('are not undone by what KV still shows of a block that was lifted', async () => {
    const { client, key, stub, take } = newClient();
    const until = START + 3_600_000;
    await stub.block(client, until);
    await stub.reset(client);
    await kv.put(key, '100', { metadata: { count: 100, reset_at: until } });
    vi.setSystemTime(START + 20_000);
    await take(1);
    await evictDurableObject(stub);
    expect(await take(1)).toMatchObject({ granted: 1 });
  });

  it('are not undone by an old lease', async () => {
    const { client, stub, take } = newClient();
    await take(1, { want: 20, lease: 50 });
    await stub.reset(client);
    await take(100);
    await stub.giveBack({ holder: 'h', lease: 50, unspent: 19 });
    expect(await take(1)).toMatchObject({ granted: 0 });
  });

  it('keep a block through eviction and alarms, and nothing once it is over', async () => {
    const { client, stub, take, stored } = newClient();
    const until = START + 3_600_000;
    await stub.block(client, until);
    await evictDurableObject(stub);
    vi.setSystemTime(START + 1_800_000);
    await runDurableObjectAlarm(stub);
    expect(await take(1)).toMatchObject({ granted: 0 });
    expect(await stored()).toEqual({ entries: 1, alarm: until });
    vi.setSystemTime(until);
    await runDurableObjectAlarm(stub);
    expect(await stored()).toEqual({ entries: 0, alarm: null });
  });
});
