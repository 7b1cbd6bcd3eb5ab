import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { httpFetch } from '../../src/api/http.ts';

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
  expect((await httpFetch('https://api.example.com/client/v4')).status).toBe(502);
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
