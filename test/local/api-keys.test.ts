import { beforeAll, describe, expect, it } from 'vitest';
import { NAMESPACES, useEngine } from '../engine.ts';
import { failure } from './reply.ts';

interface Page {
  result: { name: string; expiration?: number; metadata?: unknown }[];
  result_info: { count: number; cursor: string };
}

const engine = useEngine({});
beforeAll(async () => {
  const pairs = Array.from({ length: 1005 }, (_, index) => ({
    key: `page:${String(index).padStart(4, '0')}`,
    value: 'v',
  }));
  await engine.kv('/bulk', { method: 'PUT', body: JSON.stringify(pairs) });
});

const list = async (query: string) => (await (await engine.kv(`/keys?${query}`)).json()) as Page;

describe('listing keys', () => {
  it('gives 1,000 at a time unless told otherwise, and an empty cursor at the end', async () => {
    const first = await list('prefix=page%3A');
    expect(first.result).toHaveLength(1000);
    expect(first.result_info.count).toBe(1000);
    const cursor = encodeURIComponent(first.result_info.cursor);
    const second = await list(`prefix=page%3A&cursor=${cursor}`);
    expect(second.result.map(({ name }) => name)).toEqual(
      ['1000', '1001', '1002', '1003', '1004'].map((n) => `page:${n}`),
    );
    expect(second.result_info).toEqual({ count: 5, cursor: '' });
  });

  it('gives expiration and metadata with each name', async () => {
    const pair = { key: 'full', value: 'v', expiration_ttl: 600, metadata: { a: 1 } };
    await engine.kv('/bulk', { method: 'PUT', body: JSON.stringify([pair]) });
    const { result } = await list('prefix=full');
    expect(result).toEqual([{ name: 'full', expiration: expect.any(Number), metadata: { a: 1 } }]);
  });

  it('takes the characters of a LIKE pattern literally', async () => {
    expect((await list('prefix=page_')).result).toEqual([]);
    expect((await list('prefix=%25')).result).toEqual([]);
  });

  it.each(['9', '1001', '0', 'ten', '10.5'])('refuses a limit of %s', async (limit) => {
    const reply = await engine.kv(`/keys?limit=${limit}`);
    expect(await failure(reply)).toMatchObject({ status: 400 });
  });

  it('takes limits of 10 and 1,000', async () => {
    expect((await list('limit=10')).result).toHaveLength(10);
    expect((await list('limit=1000')).result).toHaveLength(1000);
  });

  it('refuses a cursor nobody gave and an over-long prefix', async () => {
    expect(await failure(await engine.kv('/keys?cursor=%20!'))).toMatchObject({ status: 400 });
    const long = await engine.kv(`/keys?prefix=${'x'.repeat(513)}`);
    expect(await failure(long)).toMatchObject({ status: 414 });
  });
});

describe('namespaces', () => {
  const base = '/accounts/any/storage/kv/namespaces';

  it('are listed in pages, by title if asked', async () => {
    const reply = await engine.api(`${base}?order=title&direction=desc&per_page=1&page=1`);
    expect(await reply.json()).toMatchObject({
      success: true,
      errors: [],
      messages: [],
      result: [{ id: 'SPARE_KV', title: 'spare', supports_url_encoding: true }],
      result_info: { page: 1, per_page: 1, count: 1, total_count: 2, total_pages: 2 },
    });
    const past = await engine.api(`${base}?page=3`);
    expect(await past.json()).toMatchObject({ result: [], result_info: { count: 0 } });
  });

  it('are found by id', async () => {
    const reply = await engine.api(`${base}/${engine.namespace}`);
    expect(await reply.json()).toMatchObject({ result: NAMESPACES[0] });
  });

  it('keep their keys apart', async () => {
    await engine.kv('/values/apart', { method: 'PUT', body: '1' });
    expect((await engine.api(`${base}/SPARE_KV/values/apart`)).status).toBe(404);
  });

  it.each([
    ['GET', '', null],
    ['GET', '/keys', null],
    ['GET', '/values/k', null],
    ['GET', '/metadata/k', null],
    ['PUT', '/values/k', 'v'],
    ['DELETE', '/values/k', null],
    ['PUT', '/bulk', '[]'],
    ['POST', '/bulk/delete', '[]'],
    ['POST', '/bulk/get', '{"keys":["k"]}'],
  ])('that are unknown: %s %s is 404 with code 10013', async (method, path, body) => {
    const reply = await engine.api(`${base}/ffffffff${path}`, { method, body });
    expect(await failure(reply)).toMatchObject({ status: 404, code: 10013 });
  });

  it('have no other routes', async () => {
    expect(await failure(await engine.kv('/other'))).toMatchObject({ status: 404, code: 7000 });
  });
});
