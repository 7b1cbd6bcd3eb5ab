import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { db, failing, holdWaits, migrate, otherDb, rows } from './d1.ts';
import { ADMIN_TOKEN, kv, newEdge, putSession } from './edge.ts';

const admin = { Authorization: `Bearer ${ADMIN_TOKEN}` };

beforeAll(async () => {
  await migrate();
  // So that no flags are read from D1.
  await kv.put('feature_flags', '{}');
});
beforeEach(() => db.exec('DELETE FROM audit_logs'));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function newAudited({ db: database, idle } = otherDb(), more = {}) {
  const waits = holdWaits();
  const edge = await newEdge({ DB: database, ...more });
  const issue = async (user_id: string, headers = {}) => {
    const init = { method: 'POST', headers: { ...admin, ...headers } };
    const response = await edge.visit('/_goblin/sessions', {
      ...init,
      body: JSON.stringify({ user_id }),
    });
    return response.json<{ token: string }>();
  };
  const flush = async () => {
    await idle();
    waits.end(1000);
    await idle();
  };
  return { ...edge, issue, flush, waits };
}

/** The first ten digits of a token's SHA-256, as the CLI shows them. */
async function handleOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  return `s_${[...new Uint8Array(digest)]
    .map((b) => b.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, 10)}`;
}

const entries = () => rows('SELECT * FROM audit_logs ORDER BY id');

describe('the audit log', () => {
  it('has sessions issued and ended, by the handle and never by the token', async () => {
    const { visit, issue, flush, ip } = await newAudited();
    const { token } = await issue('u_9', { 'User-Agent': 'backend/1' });
    const headers = { Authorization: `Bearer ${token}` };
    expect((await visit('/_goblin/session', { method: 'DELETE', headers })).status).toBe(204);
    await flush();
    const target = await handleOf(token);
    const [issued, ended] = await entries();
    expect(issued).toMatchObject({
      actor: 'admin',
      action: 'sessions.create',
      target,
      outcome: 'ok',
      source: 'edge',
      ip,
      user_agent: 'backend/1',
    });
    expect(JSON.parse(`${issued?.details}`)).toEqual({ user_id: 'u_9', ttl: 86_400 });
    expect(ended).toMatchObject({ actor: 'u_9', action: 'sessions.end', target, user_agent: null });
    expect(JSON.stringify(await entries())).not.toContain(token);
  });

  it('has changes of preferences, their names and not their values', async () => {
    const { visit, flush } = await newAudited();
    const headers = await putSession('audited', 'u_8');
    const send = (method: string, body: string) =>
      visit('/_goblin/preferences', { method, headers, body });
    await send('PATCH', '{"theme":"very dark","odd":null}');
    await send('PUT', '{}');
    await send('PATCH', '{"theme":1}');
    await flush();
    const found = await entries();
    expect(found.map(({ action, actor, target }) => [action, actor, target])).toEqual([
      ['prefs.patch', 'u_8', 'u_8'],
      ['prefs.replace', 'u_8', 'u_8'],
    ]);
    expect(found[0]?.details).toBe('{"names":["theme","odd"]}');
  });

  it('has looks at the health once an hour, and nothing of who is refused', async () => {
    const { visit, flush } = await newAudited();
    for (let i = 0; i < 3; i++) await visit('/_goblin/health', { headers: admin });
    await visit('/_goblin/health', { headers: { Authorization: 'Bearer wrong' } });
    await visit('/_goblin/session', { method: 'DELETE' });
    await flush();
    expect((await entries()).map(({ action }) => action)).toEqual(['health.show']);
  });

  it('is written in one batch, in order, behind the responses', async () => {
    const counted = otherDb();
    const { issue, flush } = await newAudited(counted);
    for (let i = 0; i < 20; i++) await issue(`u_${i}`);
    expect(await entries()).toEqual([]);
    await flush();
    const inserts = counted.asked.filter((sql) => sql.includes('INTO audit_logs'));
    expect(inserts).toHaveLength(1);
    const users = (await entries()).map(({ details }) => JSON.parse(`${details}`).user_id);
    expect(users).toHaveLength(20);
    expect(new Set(users).size).toBe(20);
  });

  it('takes hostile text, and cuts what is long', async () => {
    const { issue, flush } = await newAudited();
    const user_id = '\'"; DROP TABLE audit_logs; -- 👺\u0000';
    await issue(user_id, { 'User-Agent': `'x'${'y'.repeat(5000)}` });
    await flush();
    const [entry] = await entries();
    expect(JSON.parse(`${entry?.details}`).user_id).toBe(user_id);
    expect(`${entry?.user_agent}`).toHaveLength(256);
  });

  it('is kept while D1 fails, and then says when it was', async () => {
    let isBad = true;
    const moody = otherDb((real) =>
      isBad ? failing('D1_ERROR: Exceeded maximum DB size.')() : real(),
    );
    const { issue, flush, visit } = await newAudited(moody);
    const at = Date.UTC(2027, 3, 1, 12);
    vi.useFakeTimers({ toFake: ['Date'], now: at });
    await issue('u_early');
    await flush();
    isBad = false;
    vi.setSystemTime(at + 61_000);
    await issue('u_late');
    await flush();
    const found = await entries();
    expect(found.map(({ details }) => JSON.parse(`${details}`))).toEqual([
      { user_id: 'u_early', ttl: 86_400, at: '2027-04-01T12:00:00.000Z' },
      { user_id: 'u_late', ttl: 86_400 },
    ]);
    const health = await visit('/_goblin/health', { headers: admin });
    expect((await health.json<{ d1: object }>()).d1).toMatchObject({ audit: { lost: {} } });
  });

  it('is bounded, and what is beyond is counted as lost', async () => {
    const full = otherDb(failing('D1_ERROR: no such table: audit_logs: SQLITE_ERROR'));
    const { visit, flush, issue } = await newAudited(full);
    await issue('u_1');
    await flush();
    const { audit } = await import('../../worker/src/d1/audit.ts');
    const call = { env: { DB: full.db }, now: Date.now(), ip: '::1', ctx: { waitUntil: () => {} } };
    const request = new Request('https://edge.test/');
    for (let i = 0; i < 600; i++) audit({ ...call, request } as never, { actor: 'x', action: 'y' });
    const health = await visit('/_goblin/health', { headers: admin });
    expect((await health.json<{ d1: object }>()).d1).toMatchObject({
      // One of them is the look at the health.
      audit: { queued: 500, trouble: 'schema', lost: { schema: 102 } },
    });
  });

  it('costs nothing without a database', async () => {
    const { issue, waits } = await newAudited(otherDb(), { DB: undefined });
    expect((await issue('u_1')).token).toBeTruthy();
    expect(waits.waits).toEqual([]);
  });
});

describe('the audit log of the admin plane', () => {
  const answering = (status: number) => ({
    admin: async () => ({ status, body: { version: 1 } }),
  });
  const newAdmin = async (live: object = answering(200)) => {
    const audited = await newAudited(otherDb(), { LIVE: live });
    const send = (method: string, path: string, body?: object) =>
      audited.visit(`/_goblin/admin/${path}`, {
        method,
        headers: admin,
        ...(body && { body: JSON.stringify(body) }),
      });
    return { ...audited, send };
  };

  it('has every change with what it names, and neither what was said nor who was forgotten', async () => {
    const { send, flush } = await newAdmin();
    await send('POST', 'rooms/a%2Fb/kick', { user_id: 'u_1', seconds: 60 });
    await send('POST', 'rooms/tea/say', { text: 'a secret', user_id: 'host' });
    await send('PUT', 'rooms/tea/document', { field: 'title', value: 'a secret' });
    await send('PUT', 'limits/203.0.113.9', { until: '2027-01-01T00:00:00Z' });
    await send('DELETE', 'users/u_gone');
    await send('POST', `rooms/%ff/${'x'.repeat(50)}`, { user_id: 'x'.repeat(500) });
    await flush();
    const found = await entries();
    expect(
      found.map(({ action, target, details }) => [action, target, JSON.parse(`${details}`)]),
    ).toEqual([
      ['rooms.kick', 'a/b', { user_id: 'u_1', seconds: 60 }],
      ['rooms.say', 'tea', { user_id: 'host' }],
      ['rooms.document.set', 'tea', { field: 'title' }],
      ['limits.set', '203.0.113.9', { until: '2027-01-01T00:00:00Z' }],
      ['users.delete', null, null],
      ['rooms.?', '%ff', { user_id: 'x'.repeat(100) }],
    ]);
    expect(found.every(({ actor, outcome }) => actor === 'admin' && outcome === 'ok')).toBe(true);
    expect(JSON.stringify(found)).not.toMatch(/a secret|u_gone/);
    expect(JSON.stringify(found)).not.toContain(ADMIN_TOKEN);
  });

  it('has looks once an hour, and nothing of who is refused', async () => {
    const { send, flush, visit } = await newAdmin();
    for (let i = 0; i < 3; i++) await send('GET', 'presence');
    await send('GET', 'rooms/tea/history');
    await visit('/_goblin/admin/rooms', { headers: { Authorization: 'Bearer wrong' } });
    await flush();
    expect((await entries()).map(({ action, target }) => [action, target])).toEqual([
      ['presence.list', null],
      ['rooms.history.show', 'tea'],
    ]);
  });

  it.each([
    ['refuses it', answering(409), 'failed'],
    ['does not answer', { admin: () => Promise.reject(new Error('down')) }, 'unknown'],
  ])('says that nothing is certain where the live Worker %s', async (_, live, outcome) => {
    const { send, flush } = await newAdmin(live);
    await send('POST', 'rooms/tea/close', { erase: true });
    await flush();
    expect(await entries()).toMatchObject([
      { action: 'rooms.close', outcome, details: '{"erase":true}' },
    ]);
  });
});
