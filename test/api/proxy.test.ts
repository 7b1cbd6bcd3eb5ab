import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { httpFetch } from '../../src/api/http.ts';
import { wholeExchange } from '../../src/api/transport.ts';

let proxy: Server;
let asked: string[];
beforeEach(async () => {
  asked = [];
  proxy = createServer().on('connect', ({ url, headers }, socket) => {
    asked.push(`${url} ${headers['proxy-authorization'] ?? '-'}`);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  vi.unstubAllEnvs();
  proxy.close();
});

const address = (user = '') => `http://${user}127.0.0.1:${(proxy.address() as AddressInfo).port}`;

it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])('https goes by %s', async (name) => {
  vi.stubEnv(name, address('ann:secret@'));
  await expect(httpFetch('https://api.example.com/client/v4')).rejects.toThrow('status 502');
  expect(asked).toEqual([
    `api.example.com:443 Basic ${Buffer.from('ann:secret').toString('base64')}`,
  ]);
});

it.each([
  ['what NO_PROXY names', 'https://127.0.0.1:1', { NO_PROXY: '127.0.0.1' }],
  ['plain http', 'http://127.0.0.1:1', {}],
])('%s is reached directly', async (_, target, env) => {
  vi.stubEnv('HTTPS_PROXY', address());
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  await expect(httpFetch(target)).rejects.toThrow('ECONNREFUSED');
  expect(asked).toEqual([]);
});

const API = 'https://api.example.com/client/v4';

it.each<[string, () => string | Promise<string>, string]>([
  [
    'refuses the connection',
    () => 'http://ann:secret@127.0.0.1:9',
    'proxy 127.0.0.1:9: ECONNREFUSED',
  ],
  ['has a name that nobody knows', () => 'http://proxy.invalid:8', 'proxy proxy.invalid:8: E'],
  ['does not connect to the API', () => address('ann:secret@'), 'it answers with status 502'],
])('a proxy that %s is named, without its login', async (_, where, message) => {
  vi.stubEnv('HTTPS_PROXY', await where());
  const failed = wholeExchange(httpFetch)(API, {}).catch((error: unknown) => error);
  expect(await failed).toMatchObject({
    code: 'proxy_unreachable',
    message: expect.stringContaining(message),
    hint: expect.stringContaining('HTTPS_PROXY'),
  });
  expect(String(await failed)).not.toContain('secret');
});
