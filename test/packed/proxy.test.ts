/** The installed package over TLS, and through the proxy that the environment names. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { goblin, NAMESPACE, target } from './goblin.ts';

/** A key and a certificate for `localhost`, made for these tests. */
const PEM = resolve('test/packed/localhost.pem');

let api: Server;
let proxy: Server;
let asked: string[];
beforeAll(async () => {
  const pem = readFileSync(PEM);
  api = createSecureServer({ key: pem, cert: pem }, (_, response) => response.end('one'));
  proxy = createServer().on('connect', ({ url = '', headers }, socket) => {
    asked.push(`${url} ${headers['proxy-authorization'] ?? '-'}`);
    const upstream = connect(portOf(api), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [socket, upstream]) end.on('error', () => {});
  });
  for (const server of [api, proxy]) await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  for (const server of [api, proxy]) server.close();
});
beforeEach(() => {
  asked = [];
});

const portOf = (server: Server) => (server.address() as AddressInfo).port;

const get = (env: Record<string, string>) => {
  const apiUrl = `https://localhost:${portOf(api)}/client/v4`;
  return goblin(`kv get a --namespace-id ${NAMESPACE}`, { env: { ...target({ apiUrl }), ...env } });
};

const TRUSTED = { NODE_EXTRA_CA_CERTS: PEM };
const named = (user = '') => `http://${user}127.0.0.1:${portOf(proxy)}`;

describe('https', () => {
  it('is spoken with an API whose certificate is trusted', async () => {
    expect(await get(TRUSTED)).toMatchObject({ code: 0, stdout: 'one' });
    expect(asked).toEqual([]);
  });

  it('is refused where it is not', async () => {
    const { code, stdout, stderr } = await get({});
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/cannot reach localhost:\d+: \w*SELF_SIGNED/);
  });

  it.each(['HTTPS_PROXY', 'ALL_PROXY'])('goes by %s, with its login', async (name) => {
    const ran = await get({ ...TRUSTED, [name]: named('ann:secret@') });
    expect(ran).toMatchObject({ code: 0, stdout: 'one' });
    const login = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
    expect(asked).toEqual([`localhost:${portOf(api)} ${login}`]);
  });

  it('does not go by a proxy where NO_PROXY names the host', async () => {
    const ran = await get({ ...TRUSTED, HTTPS_PROXY: named(), NO_PROXY: 'localhost' });
    expect([ran.code, asked]).toEqual([0, []]);
  });

  it('tells a proxy that is not there', async () => {
    const { code, stderr } = await get({ ...TRUSTED, HTTPS_PROXY: 'http://127.0.0.1:9' });
    expect([code, stderr]).toEqual([1, expect.stringContaining('the proxy 127.0.0.1:9: ECONN')]);
  });
});
