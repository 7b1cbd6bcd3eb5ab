import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine } from '../engine.ts';
import { type Backend, type Client, connectTo, exchange, startBackend } from './wire.ts';

const TIMEOUT_MS = 300;
const CHUNKED = 'POST /import HTTP/1.1\r\nHost: edge\r\nTransfer-Encoding: chunked\r\n\r\n';
const HALF_CHUNKED = `${CHUNKED}5\r\nhello\r\n`;
const HALF = 'POST /import HTTP/1.1\r\nHost: edge\r\nContent-Length: 10\r\n\r\nhello';

let backend: Backend;
let engine: TestEngine;
beforeAll(async () => {
  backend = await startBackend();
  engine = await startTestEngine({
    edge: {
      name: 'edge',
      kv: { GOBLIN_KV: '0123456789abcdef0123456789abcdef' },
      vars: {
        API_TIMEOUT_MS: `${TIMEOUT_MS}`,
        MAX_BODY_BYTES: '2000000',
        ANALYTICS_SAMPLE: '0',
        KV_WRITES_PER_DAY: '1000000000',
        CACHE_BYPASS_HEADERS: 'X-Tenant',
      },
      upstream: backend.url,
    },
  });
});
afterAll(async () => {
  await engine.dispose();
  await backend.close();
});
const answerOk: Backend['handle'] = (_received, response) => response.end('ok');
beforeEach(() => {
  backend.received.length = 0;
  backend.handle = answerOk;
});

/** Time passes as clients and backends spend it. */
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('an upload that breaks', () => {
  const ways: [string, string, (client: Client) => unknown][] = [
    ['chunked, reset by the client', HALF_CHUNKED, ({ socket }) => socket.resetAndDestroy()],
    ['chunked, ended by the client', HALF_CHUNKED, ({ socket }) => socket.end()],
    ['chunked, with a bad chunk', HALF_CHUNKED, ({ write }) => write('zz\r\nnot a chunk\r\n')],
    [
      'chunked, with more than it may have',
      HALF_CHUNKED,
      ({ write }) => write(`1f0000\r\n${'x'.repeat(0x1f0000)}\r\n`),
    ],
    [
      'chunked, stalled for longer than the backend has, then reset',
      HALF_CHUNKED,
      async ({ socket }) => {
        await pause(TIMEOUT_MS * 2);
        socket.resetAndDestroy();
      },
    ],
    ['of known length, reset by the client', HALF, ({ socket }) => socket.resetAndDestroy()],
    ['of known length, ended by the client', HALF, ({ socket }) => socket.end()],
  ];

  it('never reaches the backend as complete: a chat, which is read here too', async () => {
    const session = { user_id: 'u_1', expires_at: Date.now() + 60_000, last_activity: Date.now() };
    await engine.kv('/values/session:wire', { method: 'PUT', body: JSON.stringify(session) });
    const client = await connectTo(engine.edgeUrl);
    const arriving = backend.next();
    const head = CHUNKED.replace('/import', '/chat').replace(
      'Host',
      'Authorization: Bearer wire\r\nHost',
    );
    client.write(`${head}c\r\n{"message":"\r\n`);
    const request = await arriving;
    expect(request.headers['x-user-id']).toBe('u_1');
    client.socket.resetAndDestroy();
    expect(await request.ended).toBe('aborted');
  });

  it.each(ways)('never reaches the backend as complete: %s', async (_way, begun, breakOff) => {
    for (let time = 0; time < 3; time++) {
      const client = await connectTo(engine.edgeUrl);
      const arriving = backend.next();
      client.write(begun);
      const request = await arriving;
      await breakOff(client);
      expect(await request.ended).toBe('aborted');
      client.socket.destroy();
    }
  });

  it('is 400 or 413 to a client that still listens, and no failure of the backend', async () => {
    const client = await connectTo(engine.edgeUrl);
    client.write(`${HALF_CHUNKED}zz\r\n`);
    expect(await client.until(/\}\}/)).toMatch(/^HTTP\/1.1 400 .*"bad_request"/s);
    client.socket.destroy();
    const large = await connectTo(engine.edgeUrl);
    large.write(`${CHUNKED}1f0000\r\n${'x'.repeat(0x1f0000)}\r\n`);
    expect(await large.until(/\}\}/)).toMatch(/^HTTP\/1.1 413 .*"body_too_large"/s);
    large.socket.destroy();
    expect(await eventTypes()).not.toContain('backend_error');
  });
});

describe('an upload', () => {
  it('may take longer than the backend may', async () => {
    const client = await connectTo(engine.edgeUrl);
    client.write(HALF);
    await pause(TIMEOUT_MS * 2);
    client.write('world');
    expect(await client.until(/ok$/)).toMatch(/^HTTP\/1.1 200 /);
    expect(backend.received.map(({ body }) => body)).toEqual(['helloworld']);
    client.socket.destroy();
  });

  it('is 504 when the backend has it and does not answer', async () => {
    backend.handle = () => {};
    const client = await connectTo(engine.edgeUrl);
    client.write(`${HALF}world`);
    expect(await client.until(/\}\}/)).toMatch(/^HTTP\/1.1 504 .*"backend_timeout"/s);
    client.socket.destroy();
  });

  it.each(['Content-Length: 1048576', 'Transfer-Encoding: chunked'])(
    'of 1 MiB with Expect: 100-continue arrives (%s)',
    async (framing) => {
      const mebibyte = 'x'.repeat(0x100000);
      const client = await connectTo(engine.edgeUrl);
      client.write(`PUT /big HTTP/1.1\r\nHost: e\r\nExpect: 100-continue\r\n${framing}\r\n\r\n`);
      client.write(framing.startsWith('T') ? `100000\r\n${mebibyte}\r\n0\r\n\r\n` : mebibyte);
      expect(await client.until(/ok$/)).toContain('HTTP/1.1 200 ');
      expect(backend.received[0]?.body.length).toBe(0x100000);
      expect(backend.received[0]?.headers).not.toHaveProperty('expect');
      client.socket.destroy();
    },
  );
});

describe('headers of the connection', () => {
  it('do not reach the backend, nor what Connection names', async () => {
    await exchange(
      engine.edgeUrl,
      `GET /x HTTP/1.1
Connection: X-Named, CF-Connecting-IP, X-Forwarded-For
X-Named: 1
X-Forwarded-For: 203.0.113.9
Keep-Alive: timeout=5
Proxy-Authorization: Basic x
Proxy-Connection: close
TE: trailers
Trailer: X-T
Upgrade: h2c
X-Own: stays`,
    );
    const { headers = {} } = backend.received[0] ?? {};
    expect(headers).toMatchObject({ 'x-own': 'stays', 'x-forwarded-for': '203.0.113.9' });
    for (const name of [
      'x-named',
      'keep-alive',
      'proxy-authorization',
      'proxy-connection',
      'te',
      'trailer',
      'upgrade',
    ]) {
      expect(headers).not.toHaveProperty(name);
    }
  });
});

describe('a coded response', () => {
  const coded =
    (coding: string, body: Buffer): Backend['handle'] =>
    (_received, response) =>
      response
        .writeHead(200, { 'Content-Encoding': coding, 'Content-Type': 'text/plain' })
        .end(body);
  const ask = async (path: string) => {
    const response = await fetch(engine.edgeUrl + path);
    return [response.headers.get('x-cache'), await response.text()];
  };

  it('is cached where the coding can be undone, and read the same from the cache', async () => {
    backend.handle = coded('gzip', gzipSync('hello'.repeat(1000)));
    expect(await ask('/settings')).toEqual(['MISS', 'hello'.repeat(1000)]);
    await expect.poll(() => ask('/settings')).toEqual(['HIT', 'hello'.repeat(1000)]);
  });

  it('is passed on as it is where it cannot', async () => {
    backend.handle = coded('aes128gcm', Buffer.from('secret'));
    for (let time = 0; time < 2; time++) {
      const answer = await exchange(engine.edgeUrl, 'GET /providers HTTP/1.1');
      expect(answer).toMatch(/^content-encoding: aes128gcm\r$/im);
      expect(answer).toMatch(/secret/);
    }
    expect(backend.received).toHaveLength(2);
  });
});

describe('a GET with a body', () => {
  it.each(['/x', '/models'])('of known length is forwarded, uncached: %s', async (path) => {
    for (const body of ['one', 'two']) {
      const head = `GET ${path} HTTP/1.1\nContent-Length: 3`;
      const answer = await exchange(engine.edgeUrl, head, body);
      expect(answer).toMatch(/^HTTP\/1.1 200 .*ok$/s);
      expect(answer).not.toMatch(/x-cache/i);
    }
    expect(backend.received.map(({ method, body }) => method + body)).toEqual(['GETone', 'GETtwo']);
  });

  it('of unknown length is refused: nothing could stop it from growing', async () => {
    const head = 'GET /x HTTP/1.1\nTransfer-Encoding: chunked';
    expect(await exchange(engine.edgeUrl, head, '0\r\n\r\n')).toMatch(/^HTTP\/1.1 411 /);
    expect(backend.received).toEqual([]);
  });
});

describe('a path below /_goblin, however it is written', () => {
  it.each([
    '/_goblin/x',
    '/a/%2e%2e/_goblin/flags',
    '/a/../_goblin/flags',
    '/.%2E/_goblin/flags',
    '/%5fgoblin/flags',
    '/_gobl%69n/flags',
    '/_goblin%2fflags',
    '/%252e%252e/_goblin/flags',
    '/a/..%2f_goblin/flags',
    '/a/..;/_goblin/flags',
    '/a/..\\_goblin/flags',
    '//_goblin/flags',
    '/./_goblin',
    '/_goblin;a=b/flags',
    '/_GOBLIN/flags#x',
  ])('never reaches the backend: %s', async (path) => {
    const answer = await exchange(engine.edgeUrl, `GET ${path} HTTP/1.1`);
    expect(answer).toMatch(/^HTTP\/1.1 (404|200) /);
    expect(backend.received).toEqual([]);
  });

  it.each(['/_goblinx', '/a/_goblin/x', '/%5fgoblins', '/_goblin-2/x'])(
    'is not meant by %s',
    async (path) => {
      await exchange(engine.edgeUrl, `GET ${path} HTTP/1.1`);
      expect(backend.received).toHaveLength(1);
    },
  );
});

describe('a backend that fails', () => {
  it.each<[string, Backend['handle']]>([
    [
      'breaks off a response of known length',
      (_received, response) => {
        response.writeHead(200, { 'Content-Length': '100000' });
        response.write('x'.repeat(1000), () => response.destroy());
      },
    ],
    [
      'breaks off a stream',
      (_received, response) => {
        response.write('x'.repeat(1000), () => setTimeout(() => response.destroy(), 50));
      },
    ],
    ['hangs up', (_received, response) => response.destroy()],
    ['does not answer', () => {}],
  ])('leaves an event backend_error when it %s', async (_what, handle) => {
    await clearEvents();
    backend.handle = handle;
    await exchange(engine.edgeUrl, 'GET /failing HTTP/1.1').catch(() => {});
    await expect.poll(eventTypes, { timeout: 3000 }).toEqual(['backend_error']);
  });

  it('is not blamed for a client that leaves', async () => {
    await clearEvents();
    backend.handle = (_received, response) => response.write('x'.repeat(100_000));
    const client = await connectTo(engine.edgeUrl);
    client.write('GET /leaving HTTP/1.1\r\nHost: e\r\n\r\n');
    await client.until(/x{1000}/);
    client.socket.resetAndDestroy();
    await exchange(engine.edgeUrl, 'GET /_goblin/flags HTTP/1.1');
    await pause(300);
    expect(await events()).toEqual([]);
  });
});

interface Listed {
  result: { name: string; metadata: { event_type: string } }[];
}

async function events(): Promise<Listed['result']> {
  const listed = (await (await engine.kv('/keys?prefix=analytics:')).json()) as Listed;
  return listed.result;
}

async function eventTypes(): Promise<string[]> {
  return (await events()).map(({ metadata }) => metadata.event_type);
}

async function clearEvents(): Promise<void> {
  for (const { name } of await events()) {
    await engine.kv(`/values/${encodeURIComponent(name)}`, { method: 'DELETE' });
  }
}
