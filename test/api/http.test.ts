import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { httpFetch } from '../../src/api/http.ts';
import { serve } from '../serve.ts';

describe('httpFetch', () => {
  it.each([
    ['text', '{"a":"é"}', {}],
    ['text of a type', '{"a":"é"}', { 'content-type': 'application/json' }],
    ['bytes', new Uint8Array([0, 13, 10, 10, 255]), {}],
  ])('sends what the global fetch would: %s', async (_, body, more) => {
    const seen: unknown[] = [];
    const origin = await serve(async (request, response) => {
      const { method, url, headers } = request;
      const { authorization, 'content-type': type, 'content-length': length } = headers;
      const sent = (await buffer(request)).toString('latin1');
      seen.push({ method, url, authorization, type, length, sent });
      response.end();
    });
    const init = { method: 'PUT', headers: { authorization: 'Bearer t', ...more }, body };
    for (const send of [httpFetch, fetch]) await (await send(`${origin}/a%2Fb?x=1`, init)).text();
    expect(seen[0]).toEqual(seen[1]);
  });

  it('refuses a body that is neither', async () => {
    await expect(httpFetch('http://127.0.0.1:1', { body: new URLSearchParams() })).rejects.toThrow(
      'a body is text or bytes',
    );
  });

  it('sends no body and no length where there is none', async () => {
    let headers: IncomingMessage['headers'] = {};
    const origin = await serve((request, response) => {
      headers = request.headers;
      response.end();
    });
    await httpFetch(origin);
    expect(headers).not.toHaveProperty('content-length');
    expect(headers).not.toHaveProperty('transfer-encoding');
  });

  it('unpacks gzip, and tells a packed body that is cut off', async () => {
    const packed = gzipSync('x'.repeat(100_000));
    const origin = await serve((request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(request.url === '/cut' ? packed.subarray(0, 50) : packed);
    });
    expect((await (await httpFetch(origin)).text()).length).toBe(100_000);
    await expect((await httpFetch(`${origin}/cut`)).text()).rejects.toThrow();
  });

  it('gives a redirect back: a token must not travel', async () => {
    const origin = await serve((_, response) => response.writeHead(302, { location: '/x' }).end());
    const response = await httpFetch(origin);
    expect([response.status, response.headers.get('location')]).toEqual([302, '/x']);
  });

  it.each([204, 304])('has a response without a body for %i', async (status) => {
    const origin = await serve((_, response) => response.writeHead(status).end());
    const response = await httpFetch(origin);
    expect([response.status, response.body]).toEqual([status, null]);
  });

  it('ends when it is aborted, before and within the answer', async () => {
    const origin = await serve((request, response) => {
      if (request.url === '/within') response.write('begun');
    });
    for (const path of ['/before', '/within']) {
      const controller = new AbortController();
      const answer = httpFetch(origin + path, { signal: controller.signal }).then((r) => r.text());
      setImmediate(() => controller.abort());
      await expect(answer).rejects.toThrow(/abort/i);
    }
  });

  it('refuses a URL that is not HTTP', async () => {
    await expect(httpFetch('ftp://example.com')).rejects.toThrow('ftp: is not http: or https:');
  });
});
