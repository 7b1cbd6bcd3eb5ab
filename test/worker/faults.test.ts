import { describe, expect, it } from 'vitest';
import type { Env } from '../../worker/src/env.ts';
import {
  ADMIN_TOKEN,
  type Echo,
  holdTimersAbove,
  kv,
  newAddress,
  newEdge,
  passTime,
  putSession,
} from './edge.ts';
import { garbage, otherKv, refused, slowly } from './other-kv.ts';

/** Every bad day that KV may have. */
const BAD_DAYS = {
  'reads fail': otherKv({ read: refused }),
  'writes fail': otherKv({ write: refused }),
  'all fails': otherKv({ read: refused, write: refused }),
  'reads are slow': otherKv({ read: slowly }),
  'writes are slow': otherKv({ write: slowly }),
  'all is slow': otherKv({ read: slowly, write: slowly }),
  'nothing is ever answered': otherKv({
    read: () => new Promise(() => {}),
    write: () => new Promise(() => {}),
  }),
  'it answers nonsense': otherKv({ read: garbage('\ufffd{"[', 'nonsense') }),
  'it answers wrong JSON': otherKv({
    read: garbage('[[],{"x":-1}]', { status: 9, cached_at: 9e15 }),
  }),
  'it answers numbers': otherKv({ read: garbage('-17', { reset_at: 'x', content_type: '\n' }) }),
};

const edgeOn = (day: { kv: KVNamespace }, more: Partial<Env> = {}) =>
  newEdge({ GOBLIN_KV: day.kv, ANALYTICS_SAMPLE: 1, ...more });

describe.each(Object.entries(BAD_DAYS))('when %s', (_what, day) => {
  it('good requests are answered, and soon', async () => {
    const { visit } = await edgeOn(day);
    holdTimersAbove(500);
    const paths = ['/teapot', '/models', '/chat', '/_goblin/flags', '/settings?a=1'];
    const responses = await Promise.all(paths.map((path) => visit(path, { ip: newAddress() })));
    expect(responses.map(({ status }) => status)).toEqual([418, 200, 200, 200, 200]);
  });

  it('a warm isolate does not even wait', async () => {
    const { visit } = await edgeOn(day);
    await visit('/teapot');
    holdTimersAbove(0);
    for (let i = 0; i < 5; i++) expect((await visit('/teapot')).status).toBe(418);
  });
});

describe('sessions fail closed', () => {
  it.each(['reads fail', 'all fails', 'nothing is ever answered'] as const)(
    'with 503 when %s',
    async (what) => {
      const headers = await putSession('closed', 'u_1');
      const { visit } = await edgeOn(BAD_DAYS[what]);
      const response = await visit('/me', { headers });
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ error: { code: 'unavailable' } });
    },
  );

  it.each(['it answers nonsense', 'it answers wrong JSON', 'it answers numbers'] as const)(
    'with 401 when %s',
    async (what) => {
      const { visit } = await edgeOn(BAD_DAYS[what]);
      expect((await visit('/me', { headers: { Authorization: 'Bearer x' } })).status).toBe(401);
    },
  );

  it('not when KV is merely slow', async () => {
    const headers = await putSession('patient', 'u_patient');
    const { visit } = await edgeOn(BAD_DAYS['all is slow']);
    const echo = await (await visit('/me', { headers })).json<Echo>();
    expect(echo.headers['x-user-id']).toBe('u_patient');
  });

  it('when one cannot be issued or ended', async () => {
    const headers = await putSession('staying', 'u_1');
    const { visit } = await edgeOn(BAD_DAYS['writes fail']);
    const admin = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    const init = { method: 'POST', headers: admin, body: '{"user_id":"u_1"}' };
    expect((await visit('/_goblin/sessions', init)).status).toBe(503);
    expect((await visit('/_goblin/session', { method: 'DELETE', headers })).status).toBe(503);
  });
});

describe('flags', () => {
  it('hold on to what they were when KV fails later', async () => {
    await kv.put('feature_flags', '{"api_enabled":false}');
    let isDown = false;
    const moody = otherKv({ read: (real) => (isDown ? refused() : real()) });
    const { visit, settled } = await edgeOn(moody);
    expect((await visit('/')).status).toBe(503);
    isDown = true;
    passTime(2001);
    await visit('/');
    await settled();
    expect((await visit('/')).status).toBe(503);
    await kv.delete('feature_flags');
  });
});

describe('the rate limit', () => {
  it('holds in the isolate when KV neither reads nor writes', async () => {
    const { visit } = await edgeOn(BAD_DAYS['all fails'], { ANALYTICS_SAMPLE: 0 });
    const all = await Promise.all(Array.from({ length: 150 }, () => visit('/teapot')));
    expect(all.filter(({ status }) => status === 418)).toHaveLength(100);
  });
});
