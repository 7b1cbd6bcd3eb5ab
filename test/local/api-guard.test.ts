import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { useEngine } from '../engine.ts';
import { failure } from './reply.ts';

const engine = useEngine();

/** By `node:http`, for `fetch` lets no one set Host or Origin. */
function statusWith(headers: Record<string, string>): Promise<number | undefined> {
  const url = `${engine.apiUrl}/user/tokens/verify`;
  const authorization = `Bearer ${engine.token}`;
  return new Promise((resolve, reject) => {
    request(url, { headers: { authorization, ...headers } }, (reply) => {
      reply.resume();
      resolve(reply.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('the API', () => {
  it('listens on 127.0.0.1', () => {
    expect(engine.apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/client\/v4$/);
  });

  it('answers 401 without a token and 403 to a wrong one', async () => {
    const url = `${engine.apiUrl}/accounts`;
    expect(await failure(await fetch(url))).toMatchObject({ status: 401, code: 10000 });
    const wrong = await engine.api('/accounts', { headers: { authorization: 'Bearer wrong' } });
    expect(await failure(wrong)).toMatchObject({ status: 403, code: 10000 });
    const basic = await engine.api('/nowhere', { headers: { authorization: 'Basic eDp5' } });
    expect(await failure(basic)).toMatchObject({ status: 401, code: 10000 });
  });

  it.each([
    ['a rebound name', { host: 'evil.example' }, 403],
    ['a name that only begins well', { host: '127.0.0.1.evil.example' }, 403],
    ['another origin', { origin: 'https://evil.example' }, 403],
    ['another local origin', { origin: 'http://localhost:3000' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
    ['localhost', { host: 'localhost:1234' }, 200],
    ['its own origin', { host: 'localhost:1234', origin: 'http://localhost:1234' }, 200],
  ])('to a request with %s', async (_, headers, status) => {
    expect(await statusWith(headers)).toBe(status);
  });

  it('tells who the token is', async () => {
    const verified = await engine.api('/user/tokens/verify');
    expect(await verified.json()).toMatchObject({ success: true, result: { status: 'active' } });
    const accounts = await engine.api('/accounts');
    const memberships = await engine.api('/memberships');
    const id = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(await accounts.json()).toMatchObject({ result: [{ id, name: 'local' }] });
    expect(await memberships.json()).toMatchObject({ result: [{ account: { id } }] });
  });
});
