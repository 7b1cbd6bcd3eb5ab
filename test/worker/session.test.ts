import { describe, expect, it } from 'vitest';
import { sessionKey } from '../../src/shards/session.ts';
import { ADMIN_TOKEN, type Echo, kv, listed, newEdge, putSession } from './edge.ts';

interface Issued {
  token: string;
  user_id: string;
  expires_at: string;
}

const admin = { Authorization: `Bearer ${ADMIN_TOKEN}` };

describe('a bearer', () => {
  it('is the user that the backend is told of', async () => {
    const { visit } = await newEdge();
    const headers = await putSession('known', 'u_42');
    const echo = await (await visit('/me', { headers })).json<Echo>();
    expect(echo.headers['x-user-id']).toBe('u_42');
  });

  it('keeps any user id whole, in ASCII', async () => {
    const { visit } = await newEdge();
    const user = 'ü"\\ \r\nX-Evil: 1 \ud800 名';
    const headers = await putSession('odd', user);
    const echo = await (await visit('/me', { headers })).json<Echo>();
    expect(echo.headers['x-user-id']).toMatch(/^[ -~]+$/);
    expect(JSON.parse(`"${echo.headers['x-user-id']}"`)).toBe(user);
    expect(echo.headers).not.toHaveProperty('x-evil');
  });

  it.each([
    ['of no session', 'Bearer nobody', 'session_invalid'],
    ['that is no key', `Bearer ${'x'.repeat(5000)}`, 'session_invalid'],
    ['of a session that is none', 'Bearer broken', 'session_invalid'],
    ['of an expired session', 'bearer   expired', 'session_expired'],
  ])('%s gets 401', async (_what, Authorization, code) => {
    await kv.put('session:broken', '{"user":1}');
    await putSession('expired', 'u_1', { expiresIn: -1 });
    const { visit } = await newEdge();
    const response = await visit('/me', { headers: { Authorization } });
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ error: { code } });
  });

  it('passes where the scheme is another', async () => {
    const { visit } = await newEdge();
    const echo = await (
      await visit('/me', { headers: { Authorization: 'Basic dTpw' } })
    ).json<Echo>();
    expect(echo.headers.authorization).toBe('Basic dTpw');
  });
});

describe('the activity of a session', () => {
  it('is written once in five minutes, and the session ends when it did', async () => {
    const { visit, settled } = await newEdge();
    const headers = await putSession('idle', 'u_1', { idleFor: 301_000 });
    const before = JSON.parse((await kv.get('session:idle')) ?? '');
    await Promise.all([visit('/a', { headers }), visit('/b', { headers })]);
    await settled();
    const [row] = await listed<typeof before>('session:idle');
    expect(row?.metadata).toMatchObject({ user_id: 'u_1', expires_at: before.expires_at });
    expect(row?.metadata?.last_activity).toBeGreaterThan(before.last_activity);
    expect(Math.abs((row?.expiration ?? 0) - before.expires_at / 1000)).toBeLessThan(3);
    expect(JSON.parse((await kv.get('session:idle')) ?? '')).toEqual(row?.metadata);
  });

  it('changes nothing else that is stored, known here or not', async () => {
    const { visit, settled } = await newEdge();
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const stored = { user_id: 42, email: 'ann@example.com', role: ['admin'], expires_at };
    await kv.put('session:rich', JSON.stringify({ ...stored, last_activity: null }));
    await visit('/a', { headers: { Authorization: 'Bearer rich' } });
    await settled();
    const { last_activity, ...rest } = JSON.parse((await kv.get('session:rich')) ?? '');
    expect(rest).toEqual(stored);
    expect(Math.abs(last_activity - Date.now())).toBeLessThan(60_000);
    const [row] = await listed('session:rich');
    expect(row?.metadata).toEqual({
      user_id: '42',
      expires_at: Date.parse(expires_at),
      last_activity,
    });
  });

  it('is written without metadata where that would be too large for KV', async () => {
    const { visit, settled } = await newEdge();
    const user_id = 'u'.repeat(2000);
    const headers = await putLongUser('long', user_id);
    await visit('/a', { headers });
    await settled();
    expect(JSON.parse((await kv.get('session:long')) ?? '')).toMatchObject({
      user_id,
      last_activity: expect.any(Number),
    });
  });

  it('is not written sooner', async () => {
    const { visit, settled } = await newEdge();
    const headers = await putSession('active', 'u_1', { idleFor: 200_000 });
    const before = await kv.get('session:active');
    await visit('/a', { headers });
    await settled();
    expect(await kv.get('session:active')).toBe(before);
  });
});

async function putLongUser(token: string, user_id: string) {
  const expires_at = Date.now() + 3_600_000;
  await kv.put(`session:${token}`, JSON.stringify({ user_id, expires_at }));
  return { Authorization: `Bearer ${token}` };
}

describe('issuing sessions', () => {
  it('gives the backend a token of 244 random bits that works until it ends', async () => {
    const { visit } = await newEdge();
    const body = JSON.stringify({ user_id: 'u_42', ttl: 120 });
    const response = await visit('/_goblin/sessions', { method: 'POST', headers: admin, body });
    expect(response.status).toBe(201);
    const { token, user_id, expires_at } = await response.json<Issued>();
    expect(user_id).toBe('u_42');
    expect(token).toMatch(/^u_42\.[\da-f-]{72}$/);
    expect(Math.abs(Date.parse(expires_at) - Date.now() - 120_000)).toBeLessThan(2000);
    const [row] = await listed<{ user_id: string }>(sessionKey.format({ token }));
    expect(row?.metadata).toMatchObject({ user_id: 'u_42' });
    expect(Math.abs((row?.expiration ?? 0) - Date.parse(expires_at) / 1000)).toBeLessThan(3);
    const echo = await (
      await visit('/me', { headers: { Authorization: `Bearer ${token}` } })
    ).json<Echo>();
    expect(echo.headers['x-user-id']).toBe('u_42');
  });

  it('gives no two the same token, and any user one', async () => {
    const { visit } = await newEdge();
    const body = JSON.stringify({ user_id: '名 <å@b>' });
    const issue = async () =>
      (
        await (
          await visit('/_goblin/sessions', { method: 'POST', headers: admin, body })
        ).json<Issued>()
      ).token;
    const [one, other] = await Promise.all([issue(), issue()]);
    expect(one).toMatch(/^[\da-f-]{72}$/);
    expect(other).not.toBe(one);
  });

  it.each([
    'nothing',
    '{}',
    '{"user_id":""}',
    '{"user_id":7}',
    '{"user_id":"u","ttl":59}',
    '{"user_id":"u","ttl":1e12}',
    '{"user_id":"u","ttl":"soon"}',
    '{"user_id":"u","ttl":"120"}',
    '{"user_id":"u","ttl":[120]}',
    '{"user_id":"u","ttl":null}',
    '{"user_id":"\\ud800"}',
    `{"user_id":"${'u'.repeat(101)}"}`,
    `{"user_id":"u","more":"${'x'.repeat(70_000)}"}`,
  ])('refuses %.40s', async (body) => {
    const { visit } = await newEdge();
    const response = await visit('/_goblin/sessions', { method: 'POST', headers: admin, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'bad_request' } });
  });

  it('wants the secret, whole and nothing else', async () => {
    const { visit } = await newEdge();
    const body = '{"user_id":"u_1"}';
    for (const Authorization of [
      '',
      'Bearer',
      `Bearer ${ADMIN_TOKEN}x`,
      'Bearer c',
      'Bearer known',
    ]) {
      const init = { method: 'POST', headers: { Authorization }, body };
      expect((await visit('/_goblin/sessions', init)).status).toBe(401);
    }
  });

  it('is no route at all without a secret', async () => {
    const { visit } = await newEdge({ ADMIN_TOKEN: '' });
    const init = { method: 'POST', headers: { Authorization: 'Bearer ' }, body: '{"user_id":"u"}' };
    expect((await visit('/_goblin/sessions', init)).status).toBe(404);
    expect((await visit('/_goblin/anything')).status).toBe(404);
  });
});

describe('logging out', () => {
  it('ends the session of the bearer', async () => {
    const { visit } = await newEdge();
    const headers = await putSession('leaving', 'u_1');
    expect((await visit('/_goblin/session', { method: 'DELETE', headers })).status).toBe(204);
    expect(await kv.get('session:leaving')).toBeNull();
    expect((await visit('/me', { headers })).status).toBe(401);
  });
});
