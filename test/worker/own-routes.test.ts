import { describe, expect, it } from 'vitest';
import manifest from '../../package.json';
import type { Env } from '../../worker/src/env.ts';
import { ADMIN_TOKEN, type Echo, newEdge, putSession } from './edge.ts';

const admin = { Authorization: `Bearer ${ADMIN_TOKEN}` };
const APP = 'https://app.test';

describe('GET /_goblin/health', () => {
  it('tells version, bindings, bad variables and what was dropped', async () => {
    const overrides = { API_TIMEOUT_MS: '60s', MAX_BODY_BYTES: '10MB' };
    const { visit } = await newEdge(overrides);
    const response = await visit('/_goblin/health', { headers: admin });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      version: manifest.version,
      bindings: { GOBLIN_KV: 'kv' },
      admin_token: true,
      bad_variables: [
        { name: 'API_TIMEOUT_MS', problem: expect.stringContaining('"60s"'), used: 60_000 },
        { name: 'MAX_BODY_BYTES', problem: expect.stringContaining('"10MB"'), used: 10_485_760 },
      ],
      dropped: {},
    });
  });

  it('tells what was dropped and why', async () => {
    const { visit } = await newEdge();
    const { countDropped } = await import('../../worker/src/dropped.ts');
    countDropped('analytics', 'the write budget is used up');
    countDropped('analytics', 'the write budget is used up');
    const { dropped } = await (await visit('/_goblin/health', { headers: admin })).json<{
      dropped: unknown;
    }>();
    expect(dropped).toEqual({ analytics: { 'the write budget is used up': 2 } });
  });

  it('is for the bearer of the admin token only, and no route without one', async () => {
    const { visit } = await newEdge();
    const session = await putSession('healthy', 'u_1');
    for (const headers of [{}, session, { Authorization: `Bearer ${ADMIN_TOKEN}x` }]) {
      expect((await visit('/_goblin/health', { headers })).status).toBe(401);
    }
    const open = await newEdge({ ADMIN_TOKEN: '' });
    expect((await open.visit('/_goblin/health', { headers: admin })).status).toBe(404);
  });

  it('is not stopped by bad variables: their defaults hold', async () => {
    const bad = { API_TIMEOUT_MS: '', MAX_BODY_BYTES: 'abc', ANALYTICS_SAMPLE: '0' };
    const { visit } = await newEdge(bad);
    const echo = await (await visit('/x', { method: 'POST', body: 'hello' })).json<Echo>();
    expect(echo.body).toBe('hello');
  });
});

describe('own routes', () => {
  it.each([
    ['/_goblin/flags', {}],
    ['/_goblin/health', admin],
  ])('answer HEAD as GET, without a body: %s', async (path, headers) => {
    const { visit } = await newEdge();
    const response = await visit(path, { method: 'HEAD', headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toContain('application/json');
    expect(await response.text()).toBe('');
  });

  it('are not kept by any cache, least of all a token', async () => {
    const { visit } = await newEdge();
    const init = { method: 'POST', headers: admin, body: '{"user_id":"u_1"}' };
    const created = await visit('/_goblin/sessions', init);
    expect(created.status).toBe(201);
    expect(created.headers.get('Cache-Control')).toBe('no-store');
    const flags = await visit('/_goblin/flags');
    expect(flags.headers.get('Cache-Control')).toBe('no-store');
  });

  it('end no session where there is none', async () => {
    const { visit } = await newEdge();
    const response = await visit('/_goblin/session', { method: 'DELETE' });
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ error: { code: 'session_invalid' } });
  });
});

describe('CORS', () => {
  const edge = (CORS_ORIGINS: string, more: Partial<Env> = {}) =>
    newEdge({ CORS_ORIGINS, ...more });
  const ask = { 'Access-Control-Request-Method': 'DELETE', Origin: APP };

  it('lets pages of the origins named read what the Worker answers', async () => {
    const { visit } = await edge(`https://other.test, ${APP}`);
    for (const path of ['/_goblin/flags', '/_goblin/nothing']) {
      const { headers } = await visit(path, { headers: { Origin: APP } });
      expect(headers.get('Access-Control-Allow-Origin')).toBe(APP);
      expect(headers.get('Vary')).toBe('Origin');
      expect(headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
    }
    const init = { method: 'DELETE', headers: { Origin: APP } };
    const unknown = await visit('/_goblin/session', init);
    expect(unknown.headers.get('Access-Control-Allow-Origin')).toBe(APP);
  });

  it('answers a preflight, and the backend never sees it', async () => {
    const { visit } = await edge(APP);
    const response = await visit('/_goblin/session', { method: 'OPTIONS', headers: ask });
    expect(response.status).toBe(204);
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe(APP);
    expect(response.headers.get('Access-Control-Allow-Methods')).toContain('DELETE');
    expect(response.headers.get('Access-Control-Allow-Headers')).toContain('Authorization');
  });

  it.each([
    ['another origin', APP, { ...ask, Origin: 'https://evil.test' }, 204],
    ['a similar origin', APP, { ...ask, Origin: `${APP}.evil.test` }, 204],
    ['no origins named', '', ask, 404],
  ])('allows nothing to %s', async (_what, origins, headers, status) => {
    const { visit } = await edge(origins);
    const preflight = await visit('/_goblin/session', { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(status);
    expect(preflight.headers.get('Access-Control-Allow-Origin')).toBeNull();
    const flags = await visit('/_goblin/flags', { headers });
    expect(flags.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  it('may allow every origin', async () => {
    const { visit } = await edge('*');
    const { headers } = await visit('/_goblin/flags', { headers: { Origin: APP } });
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
  });

  it('leaves the preflight of other paths to the backend', async () => {
    const { visit } = await edge(APP);
    const response = await visit('/api/x', { method: 'OPTIONS', headers: ask });
    expect(await response.json()).toMatchObject({ method: 'OPTIONS' });
  });
});
