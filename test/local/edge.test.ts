import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { NAMESPACES, useEngine } from '../engine.ts';
import { useFolder } from '../folder.ts';
import { listeningPorts, workerdOf } from './process.ts';

/** Stands in for the edge Worker: tells what it was given, and passes the rest on to its backend. */
const SCRIPT = `export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === '/ip') return new Response(request.headers.get('cf-connecting-ip'));
    if (pathname === '/headers') return Response.json(Object.fromEntries(request.headers));
    if (pathname === '/cf') return Response.json(request.cf ?? null);
    if (pathname === '/upgrade') {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener('message', ({ data }) => server.send('echo ' + data));
      return new Response(null, { status: 101, webSocket: client });
    }
    if (pathname === '/var') return new Response(env.MODE);
    if (pathname === '/write') {
      await env.GOBLIN_KV.put('from-edge', 'hello', { metadata: { by: 'edge' } });
      return new Response('ok');
    }
    return fetch(env.API_URL + pathname, request);
  },
}`;

const folder = useFolder();
const script = join(folder, 'edge.js');
beforeAll(() => writeFile(script, SCRIPT));
const engine = useEngine({
  edge: { name: 'edge', kv: { GOBLIN_KV: NAMESPACES[0].id }, vars: { MODE: 'test' }, script },
});

const edge = (path: string, init?: RequestInit) => fetch(engine.edgeUrl + path, init);
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  edge(path, { method: 'POST', body: JSON.stringify(body), headers });

describe('the edge Worker', () => {
  it('writes what the API reads', async () => {
    await edge('/write');
    expect(await (await engine.kv('/values/from-edge')).text()).toBe('hello');
    expect(await (await engine.kv('/metadata/from-edge')).json()).toMatchObject({
      result: { by: 'edge' },
    });
  });

  it.each(['203.0.113.9', '2001:db8::7'])(
    'sees a client at %s if the request says so',
    async (ip) => {
      const reply = await edge('/ip', { headers: { 'cf-connecting-ip': ip } });
      expect(await reply.text()).toBe(ip);
    },
  );

  it('sees this machine otherwise', async () => {
    expect(await (await edge('/ip')).text()).toBe('127.0.0.1');
  });

  it('has its variables, and listens on 127.0.0.1', async () => {
    expect(await (await edge('/var')).text()).toBe('test');
    expect(engine.edgeUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});

describe('what Miniflare would obey', () => {
  const ORDERS = {
    'mf-route-override': 'goblin-api',
    'mf-original-url': 'http://localhost/client/v4/accounts',
    'mf-cf-blob': '{"country":"XX"}',
    'mf-disable-pretty-error': 'true',
    'mf-op': 'GET',
    'mf-sec-fetch-mode': 'cors',
  };

  it('does not reach it through the port of the edge', async () => {
    const reply = await edge('/headers', { headers: ORDERS });
    const headers = (await reply.json()) as Record<string, string>;
    expect(Object.keys(headers).filter((name) => name.startsWith('mf-'))).toEqual([]);
    expect(headers).toHaveProperty('cf-connecting-ip', '127.0.0.1');
    expect(await (await edge('/cf', { headers: ORDERS })).json()).not.toHaveProperty('country');
  });

  it('leads from no port to the API, even with the token', async () => {
    const authorization = `Bearer ${engine.token}`;
    const ports = listeningPorts([process.pid, ...workerdOf(process.pid)]);
    expect(ports.length).toBeGreaterThan(2);
    for (const origin of ports.map((port) => `http://127.0.0.1:${port}`)) {
      const reply = await fetch(`${origin}/client/v4/accounts`, {
        headers: { ...ORDERS, authorization },
      }).catch(() => null);
      const isApi = origin === new URL(engine.apiUrl).origin;
      expect([origin, reply?.status === 200]).toEqual([origin, isApi]);
    }
  });
});

it('WebSockets reach the edge Worker', async () => {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const [, socket] = await once(request(`${engine.edgeUrl}/upgrade`, { headers }).end(), 'upgrade');
  // A text frame, masked with zeros; the answer is unmasked (RFC 6455).
  socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, ...Buffer.from('hi')]));
  const [frame] = await once(socket, 'data');
  expect(String(frame.subarray(2))).toBe('echo hi');
  socket.destroy();
});

describe('the built-in upstream', () => {
  it.each([
    ['/health', 'status'],
    ['/models', 'models'],
    ['/providers', 'providers'],
    ['/settings', 'theme'],
  ])('answers %s', async (path, field) => {
    expect(await (await edge(path)).json()).toHaveProperty(field);
  });

  it('answers a chat with the context it was given, and no secret', async () => {
    const headers = { 'x-user-id': 'u_42', authorization: 'Bearer secret' };
    const reply = await (await post('/chat', { message: 'hi' }, headers)).json();
    expect(reply).toEqual({
      reply: expect.stringContaining('2 characters'),
      context: { 'x-user-id': 'u_42' },
    });
  });

  it('streams a chat to who asks for events', async () => {
    const reply = await post('/chat', { message: 'hi' }, { accept: 'text/event-stream' });
    expect(reply.headers.get('content-type')).toBe('text/event-stream');
    const events = (await reply.text()).trim().split('\n\n');
    expect(events.length).toBeGreaterThan(3);
    expect(events.at(-1)).toBe('data: [DONE]');
  });

  it('logs in whoever has a user_id', async () => {
    expect(await (await post('/login', { user_id: 'u_42' })).json()).toMatchObject({
      user_id: 'u_42',
    });
    expect((await post('/login', {})).status).toBe(400);
  });

  it('knows no other path', async () => {
    expect((await edge('/other')).status).toBe(404);
    expect((await post('/health', {})).status).toBe(404);
    expect((await post('/chat', { message: '' })).status).toBe(400);
  });
});
