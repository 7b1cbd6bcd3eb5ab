import { describe, expect, it } from 'vitest';
import { useEngine } from '../engine.ts';
import { failure, MIB } from './reply.ts';

const engine = useEngine();

const send = (method: string, path: string, body: unknown) =>
  engine.kv(path, { method, body: JSON.stringify(body) });
const put = (pairs: unknown) => send('PUT', '/bulk', pairs);
const get = (body: unknown) => send('POST', '/bulk/get', body);
const values = async (body: unknown) =>
  ((await (await get(body)).json()) as { result: { values: Record<string, unknown> } }).result
    .values;
const many = (count: number) => Array.from({ length: count }, (_, index) => `many:${index}`);

describe('bulk put', () => {
  it('takes 10,000 pairs and says so', async () => {
    const pairs = many(10_000).map((_, index) => ({ key: `many:${index % 90}`, value: 'v' }));
    expect(await (await put(pairs)).json()).toMatchObject({
      result: { successful_key_count: 10_000, unsuccessful_keys: [] },
    });
    expect(await values({ keys: ['many:0', 'many:89', 'many:90'] })).toEqual({
      'many:0': 'v',
      'many:89': 'v',
      'many:90': null,
    });
  });

  it('takes base64, life and metadata', async () => {
    const bytes = Buffer.from([0, 255, 128, 10]);
    const value = bytes.toString('base64');
    await put([{ key: 'b', value, base64: true, expiration_ttl: 90, metadata: { m: 1 } }]);
    const reply = await engine.kv('/values/b');
    expect(Buffer.from(await reply.arrayBuffer())).toEqual(bytes);
    expect(Number(reply.headers.get('expiration'))).toBeGreaterThan(Date.now() / 1000 + 80);
    expect(await (await engine.kv('/metadata/b')).json()).toMatchObject({ result: { m: 1 } });
  });

  it('takes what just fits: metadata of 1,024 bytes, a value of 25 MiB, a time past 2038', async () => {
    const expiration = 2 ** 31 + 86_400;
    const value = 'é'.repeat(12.5 * MIB);
    const metadata = 'é'.repeat(511);
    expect((await put([{ key: 'fits', value, expiration, metadata }])).status).toBe(200);
    const reply = await engine.kv('/values/fits');
    expect((await reply.arrayBuffer()).byteLength).toBe(25 * MIB);
    expect(Math.abs(Number(reply.headers.get('expiration')) - expiration)).toBeLessThanOrEqual(1);
    expect(await (await engine.kv('/metadata/fits')).json()).toMatchObject({ result: metadata });
  });

  it('takes a pair twice, but not one key with two values', async () => {
    const pair = { key: 'twice', value: '1' };
    expect((await put([pair, pair])).status).toBe(200);
    expect(await failure(await put([pair, { ...pair, value: '2' }]))).toMatchObject({
      status: 400,
      message: expect.stringContaining('duplicate key'),
    });
  });

  it.each([
    ['10,001 pairs', many(10_001).map((key) => ({ key, value: '' })), 400, 10029],
    ['a TTL of 59', [{ key: 'bad', value: '', expiration_ttl: 59 }], 400, 10034],
    ['a TTL in words', [{ key: 'bad', value: '', expiration_ttl: '90' }], 400, 10034],
    ['a time gone by', [{ key: 'bad', value: '', expiration: 1 }], 400, 10033],
    ['a key of 513 bytes', [{ key: 'x'.repeat(513), value: '' }], 414, 10012],
    ['an empty key', [{ key: '', value: '' }], 400, 10012],
    ['the key ..', [{ key: '..', value: '' }], 400, 10012],
    ['large metadata', [{ key: 'bad', value: '', metadata: 'x'.repeat(1023) }], 413, 10147],
    [
      'metadata that is large in UTF-8',
      [{ key: 'bad', value: '', metadata: 'é'.repeat(512) }],
      413,
      10147,
    ],
    [
      'a value of 13.5 Mi characters and 27 MiB',
      [{ key: 'bad', value: 'é'.repeat(13.5 * MIB) }],
      413,
      10012,
    ],
    ['a time beyond what KV counts', [{ key: 'bad', value: '', expiration: 2 ** 40 }], 400, 10033],
    [
      'a TTL beyond what KV counts',
      [{ key: 'bad', value: '', expiration_ttl: 2 ** 31 }],
      400,
      10034,
    ],
    ['no value', [{ key: 'bad' }], 400, 10012],
    ['a value that is no string', [{ key: 'bad', value: 1 }], 400, 10012],
    ['broken base64', [{ key: 'bad', value: '*', base64: true }], 400, 10012],
    ['no array', { key: 'bad', value: '' }, 400, 10012],
  ])('refuses %s and writes nothing', async (_, pairs, status, code) => {
    const body = Array.isArray(pairs) ? [{ key: 'good', value: '1' }, ...pairs] : pairs;
    expect(await failure(await put(body))).toMatchObject({ status, code });
    expect((await engine.kv('/values/good')).status).toBe(404);
  });

  it('refuses a body that is no JSON, and one over 100 MB', async () => {
    const broken = await engine.kv('/bulk', { method: 'PUT', body: '[' });
    expect(await failure(broken)).toMatchObject({ status: 400, code: 10012 });
    const huge = await engine.kv('/bulk', { method: 'PUT', body: Buffer.alloc(100_000_001, 32) });
    expect(await failure(huge)).toMatchObject({ status: 413 });
  });
});

describe('bulk get', () => {
  it('names every key asked for, null where it is absent', async () => {
    await put([
      { key: 'one', value: '1' },
      { key: '__proto__', value: 'odd' },
      { key: 'empty', value: '' },
    ]);
    const found = await values({ keys: ['one', 'none', '__proto__', 'empty'] });
    expect(Object.entries(found)).toEqual([
      ['one', '1'],
      ['none', null],
      ['__proto__', 'odd'],
      ['empty', ''],
    ]);
  });

  it('adds metadata and expiration on request', async () => {
    await put([
      { key: 'meta', value: '1', metadata: { a: 1 }, expiration_ttl: 100 },
      { key: 'plain', value: '' },
    ]);
    expect(await values({ keys: ['meta', 'plain', 'none'], withMetadata: true })).toEqual({
      meta: { value: '1', metadata: { a: 1 }, expiration: expect.any(Number) },
      plain: { value: '', metadata: null },
      none: null,
    });
  });

  it('parses JSON on request, all or nothing', async () => {
    await put([
      { key: 'json', value: '{"a":[1]}' },
      { key: 'text', value: 'a' },
    ]);
    expect(await values({ keys: ['json'], type: 'json' })).toEqual({ json: { a: [1] } });
    const mixed = await get({ keys: ['json', 'text'], type: 'json' });
    expect(await failure(mixed)).toMatchObject({ status: 400 });
  });

  it('refuses a value that is not text', async () => {
    await put([{ key: 'bytes', value: '/w==', base64: true }]);
    expect(await failure(await get({ keys: ['bytes'] }))).toMatchObject({
      status: 400,
      code: 10029,
    });
  });

  it('refuses more than 25 MiB together', async () => {
    await engine.kv('/values/big1', { method: 'PUT', body: 'x'.repeat(13 * MIB) });
    await engine.kv('/values/big2', { method: 'PUT', body: 'x'.repeat(13 * MIB) });
    expect((await get({ keys: ['big1'] })).status).toBe(200);
    expect(await failure(await get({ keys: ['big1', 'big2'] }))).toMatchObject({ status: 413 });
  });

  it.each([
    ['101 keys', { keys: many(101) }, 400, 10029],
    ['no keys', { keys: [] }, 400, 10012],
    ['keys that are no list', { keys: 'one' }, 400, 10012],
    ['an unknown type', { keys: ['one'], type: 'arrayBuffer' }, 400, 10012],
    ['a long key', { keys: ['x'.repeat(513)] }, 414, 10012],
    ['null', null, 400, 10012],
  ])('refuses %s', async (_, body, status, code) => {
    expect(await failure(await get(body))).toMatchObject({ status, code });
  });

  it('takes 100 keys', async () => {
    expect(Object.keys(await values({ keys: many(100) }))).toHaveLength(100);
  });
});

describe.each([
  ['POST', '/bulk/delete'],
  ['DELETE', '/bulk'],
])('bulk delete by %s %s', (method, path) => {
  it('deletes what is there and counts what was asked', async () => {
    await put(['d1', 'd2', 'd3'].map((key) => ({ key, value: '1' })));
    const reply = await send(method, path, ['d1', 'd2', 'absent']);
    expect(await reply.json()).toMatchObject({
      result: { successful_key_count: 3, unsuccessful_keys: [] },
    });
    expect(await values({ keys: ['d1', 'd2', 'd3'] })).toEqual({ d1: null, d2: null, d3: '1' });
  });

  it.each([
    ['10,001 keys', many(10_001), 400, 10029],
    ['keys that are no strings', [1], 400, 10012],
    ['an object', {}, 400, 10012],
    ['a long key', ['x'.repeat(513)], 414, 10012],
  ])('refuses %s', async (_, body, status, code) => {
    expect(await failure(await send(method, path, body))).toMatchObject({ status, code });
  });
});
