/** The edge with the real limiter behind it: several isolates, one object a client. */
import { env } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LimiterNamespace, TakeAnswer, TakeRequest } from '../../src/live/limiter-rpc.ts';
import { networkOf } from '../../src/shards/address.ts';
import type { Env as LiveEnv } from '../../worker/live/src/env.ts';
import type { Env as EdgeEnv } from '../../worker/src/env.ts';
import { bucketKey, kv, listed, newAddress, newEdge } from './edge.ts';

const live = env as unknown as LiveEnv;

/** The object of a client, and the calls that edges make to it. */
const limiterOf = (ip: string) => live.RATE_LIMITER.getByName(networkOf(ip, 64) ?? 'unknown');

function countingLimiter() {
  const calls: string[] = [];
  const RATE_LIMITER = {
    getByName: (client: string) => {
      const stub = live.RATE_LIMITER.getByName(client);
      return {
        take: (request: Parameters<typeof stub.take>[0]) => {
          calls.push('take');
          return stub.take(request);
        },
        giveBack: (request: Parameters<typeof stub.giveBack>[0]) => {
          calls.push('giveBack');
          return stub.giveBack(request);
        },
      };
    },
  } as unknown as NonNullable<EdgeEnv['RATE_LIMITER']>;
  return { calls, RATE_LIMITER };
}

const limited = (more: Partial<EdgeEnv> = {}) => {
  const { calls, RATE_LIMITER } = countingLimiter();
  return { calls, bindings: { RATE_LIMITER, ...more } };
};

type Edge = Awaited<ReturnType<typeof newEdge>>;

const isolates = async (count: number, bindings: Partial<EdgeEnv>) => {
  const edges: Edge[] = [];
  for (let i = 0; i < count; i++) edges.push(await newEdge(bindings));
  return edges;
};

const statuses = (responses: Response[]) => {
  const counts: Record<number, number> = {};
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

/** So many requests at once, spread over the isolates. */
async function burst(edges: Edge[], count: number, ip: string): Promise<Response[]> {
  const visit = (i: number) => (edges[i % edges.length] as Edge).visit('/teapot', { ip });
  return Promise.all(Array.from({ length: count }, (_, i) => visit(i)));
}

const settled = (edges: Edge[]) => Promise.all(edges.map((edge) => edge.settled()));

afterEach(() => vi.useRealTimers());

describe.each(['leased', 'strict'] as const)('%s, four isolates', (RATE_LIMIT_MODE) => {
  it('let no more than 100 of 400 parallel requests through', async () => {
    for (let run = 0; run < 2; run++) {
      const { bindings } = limited({ RATE_LIMIT_MODE });
      const edges = await isolates(4, bindings);
      const counts = statuses(await burst(edges, 400, newAddress()));
      expect(counts).toEqual({ 418: 100, 429: 300 });
    }
  }, 60_000);

  it('let no more than 100 of requests that come one after another through', async () => {
    const { bindings } = limited({ RATE_LIMIT_MODE });
    const edges = await isolates(4, bindings);
    const ip = newAddress();
    const responses: Response[] = [];
    for (let i = 0; i < 160; i++) responses.push(...(await burst([edges[i % 4] as Edge], 1, ip)));
    const { 418: passed = 0 } = statuses(responses);
    expect(passed).toBeLessThanOrEqual(100);
    if (RATE_LIMIT_MODE === 'strict') expect(passed).toBe(100);
  });
});

describe('leased', () => {
  it('makes at most 40 calls for 100 requests of a hot address, and none for those that are refused', async () => {
    const { calls, bindings } = limited();
    const [edge] = (await isolates(1, bindings)) as [Edge];
    for (let i = 0; i < 100; i++) expect((await edge.visit('/teapot')).status).toBe(418);
    expect((await edge.visit('/teapot')).status).toBe(429);
    expect(calls.length).toBeLessThanOrEqual(40);
    const before = calls.length;
    expect(statuses(await burst([edge], 500, edge.ip))).toEqual({ 429: 500 });
    expect(calls.length).toBe(before);
  });

  it('gives back what is idle, so that another isolate can use all that is left', async () => {
    const { calls, bindings } = limited();
    const [one, other] = (await isolates(2, bindings)) as [Edge, Edge];
    const ip = newAddress();
    for (let i = 0; i < 12; i++) await one.visit('/teapot', { ip });
    expect((await limiterOf(ip).show()).leased).toBeGreaterThan(0);
    await settled([one]);
    expect(calls).toContain('giveBack');
    expect(await limiterOf(ip).show()).toMatchObject({ count: 12, leased: 0 });
    expect(statuses(await burst([other], 100, ip))).toEqual({ 418: 88, 429: 12 });
  });
});

describe('strict', () => {
  it('asks once a request, and leaves nothing leased', async () => {
    const { calls, bindings } = limited({ RATE_LIMIT_MODE: 'strict' });
    const [edge] = (await isolates(1, bindings)) as [Edge];
    for (let i = 0; i < 7; i++) await edge.visit('/teapot');
    await edge.settled();
    expect(calls).toEqual(Array(7).fill('take'));
    expect(await limiterOf(edge.ip).show()).toMatchObject({ count: 7, leased: 0 });
  });
});

it('tells when to come back', async () => {
  const { bindings } = limited();
  const edges = await isolates(1, bindings);
  const ip = newAddress();
  await burst(edges, 100, ip);
  const [response] = await burst(edges, 1, ip);
  expect(response?.headers.get('RateLimit')).toMatch(/^"default";r=0;t=(60|59)$/);
});

describe('who is not limited', () => {
  it('takes no token: the backend with its secret, and everybody while the flag is off', async () => {
    const { calls, bindings } = limited();
    const { visit } = await newEdge(bindings);
    const headers = { Authorization: `Bearer correct-horse-battery-staple` };
    for (let i = 0; i < 3; i++) {
      expect((await visit('/_goblin/health', { headers })).status).toBe(200);
    }
    expect(calls).toEqual([]);
    await kv.put('feature_flags', '{"rate_limiting_enabled":false}');
    const open = await newEdge(bindings);
    expect(statuses(await burst([open], 150, newAddress()))).toEqual({ 418: 150 });
    await kv.delete('feature_flags');
    expect(calls).toEqual([]);
  });

  it('is not who guesses the secret', async () => {
    const { bindings } = limited();
    const { visit } = await newEdge(bindings);
    const guess = () =>
      visit('/_goblin/admin/rooms', { headers: { Authorization: 'Bearer guess' } });
    const responses = await Promise.all(Array.from({ length: 120 }, guess));
    expect(statuses(responses)).toEqual({ 401: 100, 429: 20 });
  });
});

it('lets many addresses pass at once', async () => {
  const { bindings } = limited();
  const { visit, settled } = await newEdge(bindings);
  const visits = Array.from({ length: 200 }, () => visit('/teapot', { ip: newAddress() }));
  expect(statuses(await Promise.all(visits))).toEqual({ 418: 200 });
  await settled();
}, 60_000);

it('writes the mirror with the metadata that lists show', async () => {
  const { bindings } = limited();
  const edges = await isolates(1, bindings);
  const ip = newAddress();
  await burst(edges, 150, ip);
  await settled(edges);
  await vi.waitFor(async () => {
    const [entry] = await listed(bucketKey(ip));
    expect(entry?.metadata).toEqual({
      count: 100,
      reset_at: expect.any(Number),
      written_at: expect.any(Number),
    });
  }, 3000);
  expect(await kv.get(bucketKey(ip))).toBe('100');
});

/** An object that answers as the test says. */
function fakeLimiter(take: (request: TakeRequest) => unknown) {
  const requests: TakeRequest[] = [];
  const given: unknown[] = [];
  const object = {
    take: async (request: TakeRequest) => {
      requests.push(request);
      return take(request);
    },
    giveBack: async (request: unknown) => given.push(request),
  };
  const RATE_LIMITER = { getByName: () => object } as unknown as LimiterNamespace;
  return { requests, given, RATE_LIMITER };
}

const answer = (fields: Partial<TakeAnswer> = {}) => ({
  granted: 1,
  left: 99,
  reset_in_ms: 60_000,
  again_in_ms: 0,
  mirrored: false,
  ...fields,
});
const denied = { granted: 0, left: 0, again_in_ms: 5000 };

describe('an isolate', () => {
  const start = Date.UTC(2027, 0, 1);
  const frozen = () => vi.useFakeTimers({ toFake: ['Date'], now: start });

  it('remembers a refusal, and looks again when the object has said that it is worth it', async () => {
    frozen();
    let state = denied;
    const { requests, RATE_LIMITER } = fakeLimiter(() => answer(state));
    const { visit } = await newEdge({ RATE_LIMITER });
    for (let i = 0; i < 20; i++) expect((await visit('/teapot')).status).toBe(429);
    vi.setSystemTime(start + 4999);
    expect((await visit('/teapot')).status).toBe(429);
    expect(requests).toHaveLength(1);
    state = { ...denied, granted: 1 };
    vi.setSystemTime(start + 5000);
    expect((await visit('/teapot')).status).toBe(418);
    expect(requests).toHaveLength(2);
  });

  it('asks for more the faster tokens are spent, and for what waits', async () => {
    frozen();
    const { requests, RATE_LIMITER } = fakeLimiter(({ need, want }) =>
      answer({ granted: Math.max(need, want) }),
    );
    const { visit } = await newEdge({ RATE_LIMITER });
    for (let i = 0; i < 70; i++) await visit('/teapot');
    expect(requests.map(({ want }) => want)).toEqual([0, 2, 4, 8, 16, 25, 25, 25]);
    expect(new Set(requests.map(({ lease }) => lease)).size).toBe(8);
    // Larger ones before the last token is spent, and what is left goes into the next lease.
    expect(requests.map(({ unspent }) => unspent)).toEqual([0, 0, 0, 2, 4, 8, 12, 12]);
    expect(new Set(requests.map(({ holder }) => holder)).size).toBe(1);
  });

  it('spends no token after the end of its window', async () => {
    frozen();
    const { requests, RATE_LIMITER } = fakeLimiter(() => answer({ granted: 9, reset_in_ms: 700 }));
    const { visit } = await newEdge({ RATE_LIMITER });
    await visit('/teapot');
    vi.setSystemTime(start + 699);
    await visit('/teapot');
    expect(requests).toHaveLength(1);
    vi.setSystemTime(start + 700);
    await visit('/teapot');
    expect(requests).toHaveLength(2);
  });

  it('gives up what it holds when its clock goes back', async () => {
    frozen();
    const { requests, RATE_LIMITER } = fakeLimiter(() => answer({ granted: 9 }));
    const { visit } = await newEdge({ RATE_LIMITER });
    await visit('/teapot');
    vi.setSystemTime(start - 1);
    await visit('/teapot');
    expect(requests).toHaveLength(2);
  });

  it('lets the object write the mirror only as far as its write budget goes', async () => {
    const { requests, RATE_LIMITER } = fakeLimiter(() => answer());
    const rich = await newEdge({ RATE_LIMITER });
    await rich.visit('/teapot');
    const poor = await newEdge({ RATE_LIMITER, KV_WRITES_PER_DAY: 0 });
    await poor.visit('/teapot');
    expect(requests.map(({ mirror }) => mirror)).toEqual(['all', 'none']);
  });

  it('pays for what the object has written', async () => {
    const { requests, RATE_LIMITER } = fakeLimiter(() => answer({ mirrored: true }));
    const { visit } = await newEdge({ RATE_LIMITER, KV_WRITES_PER_DAY: 1000 });
    for (let i = 0; i < 30; i++) await visit('/teapot', { ip: newAddress() });
    const kinds = requests.map(({ mirror }) => mirror);
    expect([kinds.includes('all'), kinds.includes('limit'), kinds.at(-1)]).toEqual([
      true,
      true,
      'none',
    ]);
  });

  it('takes answers of another version: absent fields have defaults, unknown ones are ignored', async () => {
    const { RATE_LIMITER } = fakeLimiter(() => ({ granted: 1, reset_in_ms: 1000, mood: 'good' }));
    const { visit } = await newEdge({ RATE_LIMITER });
    expect((await visit('/teapot')).status).toBe(418);
  });
});

describe('without an answer', () => {
  const events = () => listed<{ event_type: string; reason: string }>('security:');
  const told = async () => {
    const all = (await events()).map(({ metadata }) => metadata);
    return all.filter((each) => each?.event_type === 'limiter_unavailable');
  };
  const never = () => new Promise(() => {});
  const forget = async () => {
    for (const { name } of await events()) await kv.delete(name);
  };

  it.each([
    ['fails', () => Promise.reject(new Error('overloaded')), 'the call failed'],
    ['answers nonsense', () => ({ granted: 'many' }), 'the call failed'],
    ['does not answer', never, 'no answer within 50 ms'],
  ])('an object that %s is recorded once, and stops nobody', async (_what, take, reason) => {
    await forget();
    const { requests, RATE_LIMITER } = fakeLimiter(take);
    const { visit, settled } = await newEdge({ RATE_LIMITER });
    const ip = newAddress();
    expect((await visit('/teapot', { ip })).status).toBe(418);
    for (let i = 0; i < 9; i++) expect((await visit('/teapot', { ip })).status).toBe(418);
    expect(requests).toHaveLength(1);
    if (take !== never) await settled();
    await vi.waitFor(async () => expect(await told()).toHaveLength(1));
    expect((await told())[0]?.reason).toContain(reason);
  });

  it('decides by the count in KV', async () => {
    const ip = newAddress();
    const reset_at = Date.now() + 50_000;
    await kv.put(bucketKey(ip), '97', { metadata: { count: 97, reset_at, written_at: 1 } });
    const { RATE_LIMITER } = fakeLimiter(() => Promise.reject(new Error('down')));
    const { visit } = await newEdge({ RATE_LIMITER });
    const responses: Response[] = [];
    for (let i = 0; i < 6; i++) responses.push(await visit('/teapot', { ip }));
    expect(statuses(responses)).toEqual({ 418: 3, 429: 3 });
  });

  it('decides by its last lease', async () => {
    let isDown = false;
    const { RATE_LIMITER } = fakeLimiter(() => {
      if (isDown) throw new Error('down');
      return answer({ granted: 2, left: 4 });
    });
    const { visit, ip } = await newEdge({ RATE_LIMITER });
    const responses = [await visit('/teapot')];
    isDown = true;
    for (let i = 0; i < 9; i++) responses.push(await visit('/teapot', { ip }));
    // Two tokens, and the four that nobody had.
    expect(statuses(responses)).toEqual({ 418: 6, 429: 4 });
  });

  it('decides by KV half a second later, when nobody waits for the object any longer', async () => {
    const ip = newAddress();
    const reset_at = Date.now() + 50_000;
    await kv.put(bucketKey(ip), '90', { metadata: { count: 90, reset_at, written_at: 1 } });
    const { requests, RATE_LIMITER } = fakeLimiter(never);
    const { visit } = await newEdge({ RATE_LIMITER });
    const responses = await Promise.all(Array.from({ length: 30 }, () => visit('/teapot', { ip })));
    expect(statuses(responses)).toEqual({ 418: 10, 429: 20 });
    expect(requests).toHaveLength(1);
  });

  it('lets nobody pass a late object where the last lease left nothing', async () => {
    let isLate = false;
    const { requests, RATE_LIMITER } = fakeLimiter(() => (isLate ? never() : answer(denied)));
    const start = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: start });
    const { visit, ip } = await newEdge({ RATE_LIMITER });
    expect((await visit('/teapot', { ip })).status).toBe(429);
    isLate = true;
    vi.setSystemTime(start + 5000);
    expect((await visit('/teapot', { ip })).status).toBe(429);
    expect(requests).toHaveLength(2);
  });

  it.each([
    ['leased', 1, 418],
    ['leased', 20, 429],
    ['strict', 1, 429],
  ])(
    '%s: %d requests of a client that was blocked meanwhile get %d',
    async (RATE_LIMIT_MODE, count, status) => {
      const { RATE_LIMITER } = fakeLimiter(async () => {
        await scheduler.wait(250);
        return answer(denied);
      });
      const { visit, ip } = await newEdge({ RATE_LIMITER, RATE_LIMIT_MODE });
      const responses = await Promise.all(
        Array.from({ length: count }, () => visit('/teapot', { ip })),
      );
      expect(statuses(responses)).toEqual({ [status]: count });
    },
  );

  it('lets a client with many requests wait for an answer that is late', async () => {
    const { RATE_LIMITER } = fakeLimiter(async ({ need }) => {
      await scheduler.wait(300);
      return answer({ granted: need });
    });
    const { visit, ip } = await newEdge({ RATE_LIMITER });
    const responses = await Promise.all(Array.from({ length: 80 }, () => visit('/teapot', { ip })));
    expect(statuses(responses)).toEqual({ 418: 80 });
  });

  it('pays with the next tokens for those that it let pass', async () => {
    let release: (value: unknown) => void = () => {};
    const late = new Promise((resolve) => {
      release = resolve;
    });
    const { requests, RATE_LIMITER } = fakeLimiter(({ need }) =>
      requests.length === 1 ? late : answer({ granted: need }),
    );
    const { visit, settled, ip } = await newEdge({ RATE_LIMITER });
    for (let i = 0; i < 10; i++) expect((await visit('/teapot', { ip })).status).toBe(418);
    release(answer({ granted: 1 }));
    await settled();
    await visit('/teapot', { ip });
    expect(requests.map(({ need }) => need)).toEqual([1, 9, 1]);
  });

  it('asks again a second later', async () => {
    const start = Date.UTC(2027, 1, 1);
    vi.useFakeTimers({ toFake: ['Date'], now: start });
    const { requests, RATE_LIMITER } = fakeLimiter(() => Promise.reject(new Error('down')));
    const { visit, ip } = await newEdge({ RATE_LIMITER });
    await visit('/teapot', { ip });
    vi.setSystemTime(start + 999);
    await visit('/teapot', { ip });
    expect(requests).toHaveLength(1);
    vi.setSystemTime(start + 1000);
    await visit('/teapot', { ip });
    expect(requests).toHaveLength(2);
  });
});
