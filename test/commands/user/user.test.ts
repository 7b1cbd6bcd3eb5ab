import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertAudit } from '../../../src/tables/audit.ts';
import { patchPreferences } from '../../../src/tables/preferences.ts';
import { addUsage } from '../../../src/tables/usage.ts';
import { DATABASE } from '../../local/d1.ts';
import { type RunOptions, run } from '../../run.ts';
import { startTables, type Tables } from '../../tables/d1.ts';
import { FIRST_GENERATION } from '../../tables/databases.ts';

const USER = `u_'"😀`;
let d1: Tables;
let token: string;
beforeAll(async () => {
  d1 = await startTables(FIRST_GENERATION);
});
afterAll(() => d1.engine.dispose());

const goblin = (words: readonly string[], options: RunOptions = {}) =>
  run(words, {
    engine: d1.engine,
    ...options,
    env: { GOBLIN_DATABASE: DATABASE.id, GOBLIN_ACTOR: 'alice' },
  });
const show = async () => {
  const { code, stdout } = await goblin(['user', 'show', USER, '--json']);
  return code === 3 ? [] : (JSON.parse(stdout) as { place: string; records: number }[]);
};

beforeEach(async () => {
  await d1.query({
    sql: 'DELETE FROM user_preferences; DELETE FROM audit_logs; DELETE FROM api_usage; DELETE FROM sessions',
  });
  for (const user of [USER, 'other']) await goblin(['user', 'forget', user, '--yes']);
  await d1.query({ sql: 'DELETE FROM audit_logs' });
  const created = await goblin(['sessions', 'create', '--user', USER, '--json']);
  token = (created.json() as { token: string }).token;
  await goblin(['sessions', 'create', '--user', 'other']);
  const said = {
    messages: [{ timestamp: Date.now(), preview: 'my secret' }],
    last_updated: Date.now(),
  };
  await d1.engine.kv(`/values/${encodeURIComponent(`conversation:${USER}`)}`, {
    method: 'PUT',
    body: JSON.stringify(said),
  });
  const usage = { endpoint: '/chat', requests: 1, errors: 0, tokens: 1, cost: 1, duration_ms: 1 };
  const day = '2026-11-24';
  await d1.run(
    patchPreferences(USER, { theme: 'light' }),
    patchPreferences('other', { theme: 'dark' }),
    addUsage([
      { ...usage, day, user_id: USER },
      { ...usage, day, user_id: 'other' },
    ]),
    insertAudit([
      { actor: USER, action: 'prefs.patch', target: USER, ip: '203.0.113.9', source: 'edge' },
      {
        actor: 'bob',
        action: 'x',
        target: 'y',
        details: { user_id: USER },
        ip: '::1',
        source: 'cli',
      },
      { actor: 'bob', action: 'x', target: 'z', details: { user_id: 'other' }, source: 'cli' },
    ]),
    {
      sql: "INSERT INTO sessions (session_token, user_id, expires_at) VALUES ('plain-token', ?, '2027-01-01')",
      params: [USER],
    },
  );
});

const ALL = ['sessions', 'conversation', 'preferences', 'usage', 'audit', 'old_sessions'];

describe('user show and export', () => {
  it('show lists every place', async () => {
    const held = await show();
    expect(held.map(({ place }) => place)).toEqual(ALL);
    // Two that were written above, and that of `sessions create`, whose details name the user.
    expect(held.find(({ place }) => place === 'audit')?.records).toBe(3);
  });

  it('export has it all as one object, and no token', async () => {
    const { code, stdout, json } = await goblin(['user', 'export', USER]);
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      user_id: USER,
      sessions: [{ user_id: USER }],
      conversation: { messages: [{ preview: 'my secret' }] },
      preferences: { theme: 'light' },
      usage: [{ endpoint: '/chat' }],
    });
    expect(stdout).not.toContain(token);
    expect(stdout).not.toContain('plain-token');
    expect(stdout).not.toContain('"other"');
  });

  it('of nobody is exit 3; without a database KV alone is shown', async () => {
    expect((await goblin(['user', 'show', 'nobody'])).code).toBe(3);
    const { stdout } = await run(['user', 'show', USER, '--json'], { engine: d1.engine });
    expect(JSON.parse(stdout).map(({ place }: { place: string }) => place)).toEqual(
      ALL.slice(0, 2),
    );
  });
});

describe('user forget', () => {
  it('erases it all, leaves others alone and does not name the user in its own audit entry', async () => {
    const { code } = await goblin(['user', 'forget', USER, '--yes']);
    expect(code).toBe(0);
    expect(await show()).toEqual([]);
    expect(await d1.rows('SELECT user_id FROM user_preferences')).toEqual([{ user_id: 'other' }]);
    expect(await d1.rows('SELECT user_id FROM api_usage')).toEqual([{ user_id: 'other' }]);
    const others = await goblin(['user', 'show', 'other', '--json']);
    expect(others.json()).toHaveLength(4);
    const audit = await d1.rows('SELECT * FROM audit_logs ORDER BY id');
    expect(JSON.stringify(audit)).not.toContain(JSON.stringify(USER).slice(1, -1));
    expect(audit.find(({ action }) => action === 'prefs.patch')).toMatchObject({
      user_id: 'forgotten',
      target: 'forgotten',
      ip_address: null,
    });
    expect(audit.find(({ target }) => target === 'y')).toMatchObject({
      user_id: 'bob',
      details: null,
      ip_address: '::1',
    });
    expect(audit.at(-1)).toMatchObject({ action: 'user.forget', target: null, outcome: 'done' });
  });

  it('changes nothing in a dry run or without --yes', async () => {
    const before = await show();
    expect((await goblin(['user', 'forget', USER, '--dry-run'])).code).toBe(0);
    expect((await goblin(['user', 'forget', USER])).code).toBe(6);
    expect(await show()).toEqual(before);
  });

  it('is exit 5 with counts where D1 fails after KV is done; a second run does the rest', async () => {
    const { code, stderr } = await goblin(['user', 'forget', USER, '--yes'], {
      fetch: async (url, init) =>
        /DELETE|UPDATE/.test(String(init.body)) && url.includes('/d1/')
          ? new Response('down', { status: 503 })
          : fetch(url, init),
    });
    expect([code, stderr]).toEqual([
      5,
      expect.stringMatching(/2 forgotten, 4 (unknown|not tried)/),
    ]);
    expect((await show()).map(({ place }) => place)).toEqual(ALL.slice(2));
    expect((await goblin(['user', 'forget', USER, '--yes'])).code).toBe(0);
    expect(await show()).toEqual([]);
  });

  it('finishes on a second run, whichever request the first one ended at', async () => {
    const { stderr } = await goblin(['user', 'forget', USER, '--dry-run', '-v']);
    expect(stderr).toContain('Would forget 6 records');
    for (const applied of [true, false]) {
      let writes = 0;
      const ended = await goblin(['user', 'forget', USER, '--yes'], {
        fetch: async (url, init) => {
          const isWrite = url.includes('bulk') || /DELETE|UPDATE/.test(String(init.body));
          if (!isWrite || ++writes < 2) return fetch(url, init);
          if (applied) await fetch(url, init);
          throw new TypeError('fetch failed');
        },
      });
      expect([0, 5]).toContain(ended.code);
      await goblin(['user', 'forget', USER, '--yes']);
      expect(await show()).toEqual([]);
    }
  });
});
