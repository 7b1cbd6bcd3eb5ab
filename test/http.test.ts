import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { httpFetch } from '../src/http.ts';
import { serve } from './serve.ts';

describe('httpFetch', () => {
  it('sends what the global fetch would: method, headers, forms with files byte for byte', async () => {
    const seen: { request: IncomingMessage; body: Buffer }[] = [];
    const origin = await serve(async (request, response) => {
      seen.push({ request, body: await buffer(request) });
      response.end();
    });
    const form = () => {
      const data = new FormData();
      data.set('value', new File([new Uint8Array([0, 13, 10, 10, 255])], 'value'));
      data.set('metadata', '{"a":"é"}');
      return data;
    };
    const headers = { authorization: 'Bearer t' };
    for (const send of [httpFetch, fetch]) {
      await (await send(`${origin}/a%2Fb?x=1`, { method: 'PUT', headers, body: form() })).text();
    }
    const [ours, theirs] = seen.map(({ request, body }) => {
      const boundary = /boundary=(.+)/.exec(request.headers['content-type'] ?? '')?.[1] ?? '?';
      const { method, url } = request;
      const { authorization } = request.headers;
      return {
        method,
        url,
        authorization,
        body: body.toString('latin1').replaceAll(boundary, '='),
      };
    });
    expect(ours).toEqual(theirs);
    expect(ours?.body).toContain('\0\r\n\n\xff');
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

  it('refuses what is no HTTP', async () => {
    await expect(httpFetch('ftp://example.com')).rejects.toThrow('ftp: is no HTTP');
  });
});
