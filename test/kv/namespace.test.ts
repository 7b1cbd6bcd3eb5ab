import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiClient } from '../../src/api/client.ts';
import { type KvApi, kvApi } from '../../src/api/kv.ts';
import { CLOUDFLARE_PACE } from '../../src/api/rate-limiter.ts';
import { withRetry } from '../../src/api/retry.ts';
import { wholeExchange } from '../../src/api/transport.ts';
import { noUsage } from '../../src/api/usage.ts';
import { writeBatches } from '../../src/kv/bulk.ts';
import { kvStore } from '../../src/kv/namespace.ts';
import { seenNames } from '../../src/kv/seen-names.ts';
import { BULK_KEYS } from '../../src/shards/kv-limits.ts';

interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
  headers: Headers;
}

type Reply = { status?: number; json?: unknown; bytes?: string };

/** The real SDK, transport and retry layer over answers made by `reply`; every request is kept. */
function store(reply: (request: Request) => Reply) {
  const requests: Request[] = [];
  const usage = noUsage();
  const fetch = async (url: string, init: RequestInit) => {
    const { pathname, searchParams } = new URL(url);
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : init.body;
    const headers = new Headers(init.headers);
    const path = pathname.split('/namespaces/ns')[1] ?? pathname;
    const request = { method: init.method ?? 'GET', path, query: searchParams, body, headers };
    requests.push(request);
    const { status = 200, json, bytes } = reply(request);
    const headersOut = { 'content-type': bytes === undefined ? 'application/json' : 'text/plain' };
    return new Response(bytes ?? JSON.stringify(json), { status, headers: headersOut });
  };
  const api: KvApi = kvApi(
    apiClient({
      baseUrl: 'https://api.test/client/v4',
      credentials: { kind: 'token', token: { reveal: () => 'token-1' } },
      accountId: 'acc',
      fetch: withRetry(wholeExchange(fetch), {
        pace: CLOUDFLARE_PACE,
        clock: { now: () => 0, sleep: async () => {}, random: () => 0 },
        usage,
        onWait: () => {},
      }),
    }),
  );
  return { kv: kvStore(api, 'ns', usage), requests, usage };
}

const result = (result: unknown, cursor = '') => ({
  json: { success: true, errors: [], messages: [], result, result_info: { cursor } },
});
/** A bulk answer that leaves these keys out. */
const bulk = ({ body }: Request, refused: (key: string) => boolean = () => false) => {
  const keys = body as string[];
  const unsuccessful_keys = keys.filter(refused);
  const successful_key_count = keys.length - unsuccessful_keys.length;
  return result({ successful_key_count, unsuccessful_keys });
};
const refusal = (status: number, code: number, message = 'no') => ({
  status,
  json: { success: false, errors: [{ code, message }], result: null },
});

async function names(pages: AsyncIterable<{ keys: { name: string }[] }>): Promise<string[]> {
  const all: string[] = [];
  for await (const { keys } of pages) all.push(...keys.map(({ name }) => name));
  return all;
}

describe('a list', () => {
  it('goes on after empty pages until the cursor ends, and sends the prefix each time', async () => {
    const pages: Record<string, [string[], string]> = {
      '': [['a:1'], 'c1'],
      c1: [[], 'c2'],
      c2: [[], 'c3'],
      c3: [['a:2'], ''],
    };
    const { kv, requests, usage } = store(({ query }) => {
      const [keys, cursor] = pages[query.get('cursor') ?? ''] ?? [[], ''];
      return result(
        keys.map((name) => ({ name })),
        cursor,
      );
    });
    expect(await names(kv.pages({ prefix: 'a:' }))).toEqual(['a:1', 'a:2']);
    expect(requests.map(({ query }) => query.get('prefix'))).toEqual(['a:', 'a:', 'a:', 'a:']);
    expect(usage['kv.list']).toBe(4);
  });

  it('ends with an error where the API repeats a cursor for ever', async () => {
    const { kv, requests } = store(() => result([], 'same'));
    await expect(names(kv.pages())).rejects.toMatchObject({ code: 'cursor_repeated' });
    expect(requests.length).toBe(2);
  });

  it('ends with an error where the cursors lead round in a circle', async () => {
    const next: Record<string, string> = { '': 'a', a: 'b', b: 'c', c: 'a' };
    const { kv, requests } = store(({ query }) => result([], next[query.get('cursor') ?? '']));
    await expect(names(kv.pages())).rejects.toMatchObject({ code: 'cursor_repeated' });
    expect(requests.length).toBe(4);
  });

  it('gives a key once that pages repeat, and loses none that is out of order', async () => {
    const pages: Record<string, [string[], string]> = {
      '': [['a', 'k2', 'k10'], 'c1'],
      c1: [['k10', 'b', 'k11'], 'c2'],
      c2: [['a', 'k2', 'z', 'z'], ''],
    };
    const { kv } = store(({ query }) => {
      const [keys, cursor] = pages[query.get('cursor') ?? ''] ?? [[], ''];
      return result(
        keys.map((name) => ({ name })),
        cursor,
      );
    });
    expect(await names(kv.pages())).toEqual(['a', 'k2', 'k10', 'b', 'k11', 'z']);
  });
});

describe('names seen', () => {
  it('are told from new ones as by a set, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 3 })), (given) => {
        const seen = seenNames();
        const known = new Set<string>();
        for (const name of given) {
          expect(seen.add(name)).toBe(!known.has(name));
          known.add(name);
        }
      }),
    );
  });

  it('are many', () => {
    const seen = seenNames();
    const many = Array.from({ length: 50_000 }, (_, i) => `conversation:u_${i}`);
    expect(many.filter((name) => !seen.add(name))).toEqual([]);
    expect(many.filter((name) => seen.add(name))).toEqual([]);
  });
});

describe('reading many', () => {
  it('asks for 101 keys in two requests, and leaves out what is gone', async () => {
    const { kv, requests } = store(({ body }) => {
      const { keys } = body as { keys: string[] };
      const values = keys.map((key) => [key, key === 'k7' ? null : { value: 'v', metadata: null }]);
      return result({ values: Object.fromEntries(values) });
    });
    const found = await kv.getMany(Array.from({ length: 101 }, (_, i) => `k${i}`));
    expect(requests.map(({ body }) => (body as { keys: string[] }).keys.length)).toEqual([100, 1]);
    expect(found.size).toBe(100);
    expect(found.has('k7')).toBe(false);
  });

  it('gets every value out of a batch that the API refuses for one of them', async () => {
    const { kv } = store(({ path, body }) => {
      if (path.startsWith('/values/')) return { bytes: 'too large for a batch' };
      const { keys } = body as { keys: string[] };
      if (keys.includes('big')) return refusal(413, 10001);
      return result({
        values: Object.fromEntries(keys.map((key) => [key, { value: key, metadata: null }])),
      });
    });
    const found = await kv.getMany(['a', 'b', 'big', 'c', '__proto__']);
    expect([...found].map(([name, { value }]) => [name, value]).sort()).toEqual([
      ['__proto__', '__proto__'],
      ['a', 'a'],
      ['b', 'b'],
      ['big', 'too large for a batch'],
      ['c', 'c'],
    ]);
  });
});

describe('bulk', () => {
  const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i}`);

  it('deletes 10,001 keys in two requests', async () => {
    const { kv, requests, usage } = store((request) => bulk(request));
    const report = await kv.deleteMany([...keys(10_001), 'k0']);
    expect(requests.map(({ body }) => (body as string[]).length)).toEqual([10_000, 1]);
    expect(report.done.length).toBe(10_001);
    expect(usage['kv.delete']).toBe(10_001);
  });

  it('sends refused keys again, and names those that stay refused', async () => {
    const { kv, requests } = store((request) => bulk(request, (key) => key === 'k1'));
    const report = await kv.deleteMany(keys(3));
    expect(report).toMatchObject({ done: ['k0', 'k2'], failed: ['k1'], stopped: null });
    expect(requests.slice(1).every(({ body }) => (body as string[]).join() === 'k1')).toBe(true);
    expect(requests.length).toBe(4);
  });

  it('accounts for every key when the API dies midway', async () => {
    let calls = 0;
    const { kv } = store((request) => (++calls > 1 ? { status: 500, json: {} } : bulk(request)));
    const report = await kv.deleteMany(keys(25_000));
    expect(report.done.length).toBe(10_000);
    expect(report.unknown.length).toBe(10_000);
    expect(report.untried.length).toBe(5_000);
    expect(report.stopped).toMatchObject({ outcome: 'failed' });
  });

  it('counts a batch that was refused outright as not tried', async () => {
    const { kv } = store(() => refusal(403, 10000, 'Authentication error'));
    const report = await kv.deleteMany(['a']);
    expect(report).toMatchObject({ untried: ['a'], unknown: [], done: [] });
    expect(report.stopped).toMatchObject({ outcome: 'access', code: 'no_permission' });
  });

  it('stops between batches when interrupted', async () => {
    const controller = new AbortController();
    const { kv, requests } = store((request) => {
      controller.abort();
      return bulk(request);
    });
    const report = await kv.deleteMany(keys(20_000), { signal: controller.signal });
    expect(requests.length).toBe(1);
    expect(report.done.length).toBe(10_000);
    expect(report.untried.length).toBe(10_000);
    expect(report.stopped).toMatchObject({ outcome: 'interrupted' });
  });

  it('keeps within both limits of a bulk write', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30_000_000), { maxLength: 40 }), (sizes) => {
        const writes = sizes.map((size, i) => ({ key: `k${i}`, value: '', size }));
        const sized = writes.map(({ key, size }) => ({ key, value: 'x'.repeat(size % 3_000_000) }));
        const batches = writeBatches(sized);
        expect(batches.flat()).toEqual(sized);
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(BULK_KEYS);
          expect(JSON.stringify(batch).length).toBeLessThanOrEqual(100_000_000);
        }
      }),
      { numRuns: 5 },
    );
    expect(
      writeBatches(keys(10_001).map((key) => ({ key, value: '' }))).map((b) => b.length),
    ).toEqual([10_000, 1]);
  });
});

describe('a write', () => {
  const written = () => result({ successful_key_count: 1, unsuccessful_keys: [] });

  it('sends bytes as base64, text as it is, metadata, and no life it was not given', async () => {
    const { kv, requests } = store(written);
    const value = new Uint8Array([0, 13, 10, 10, 255]);
    const odd = 'a/b?c#d%20 é';
    await kv.put({ name: odd, value, expiration: 1767225600, metadata: { a: 1 } });
    await kv.put({
      name: 'text',
      value: Buffer.from('a\r\né'),
      expiration: 7,
      metadata: 0,
      ttl: 60,
    });
    await kv.put({ name: 'plain', value: 'a\nb', expiration: null, metadata: null });
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array(3).fill('PUT /bulk'),
    );
    const base64 = { value: 'AA0KCv8=', base64: true };
    expect(requests.map(({ body }) => body)).toEqual([
      [{ key: odd, ...base64, expiration: 1767225600, metadata: { a: 1 } }],
      [{ key: 'text', value: 'a\r\né', expiration_ttl: 60, metadata: 0 }],
      [{ key: 'plain', value: 'a\nb' }],
    ]);
  });

  it.each(['', '.', '..', 'x'.repeat(513)])('to the key %j never leaves', async (key) => {
    const { kv, requests } = store(() => result(null));
    await expect(
      kv.put({ name: key, value: '', expiration: null, metadata: null }),
    ).rejects.toThrow();
    await expect(kv.delete(key)).rejects.toThrow();
    await expect(kv.get(key)).rejects.toThrow();
    expect(requests).toEqual([]);
  });
});

describe('a missing key and a missing namespace', () => {
  it('are told apart', async () => {
    expect(await store(() => refusal(404, 10009)).kv.get('k')).toBeNull();
    await expect(store(() => refusal(404, 10013)).kv.get('k')).rejects.toMatchObject({
      outcome: 'notFound',
      code: 'namespace_not_found',
    });
  });
});
