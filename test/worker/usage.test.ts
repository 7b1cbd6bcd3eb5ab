import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { db, failing, holdWaits, migrate, oldDb, otherDb, rows, setUpOld } from './d1.ts';
import { ADMIN_TOKEN, kv, newAddress, newEdge, putSession } from './edge.ts';

const SOON = 1000;
const PAUSE = 20_000;

beforeAll(async () => {
  await Promise.all([migrate(), setUpOld()]);
  // So that no flags are read from D1.
  await kv.put('feature_flags', '{}');
});
beforeEach(() => db.exec('DELETE FROM api_usage'));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ALL = `SELECT day, user_id, endpoint, requests, errors, tokens_used AS tokens, cost_usd AS cost
  FROM api_usage ORDER BY day, user_id, endpoint`;

/** An edge with a database whose flushes happen when the test says so. */
async function newMeter({ db: database, asked, idle } = otherDb(), more = {}) {
  const waits = holdWaits();
  const edge = await newEdge({ DB: database, ...more });
  /** As the backend answers with these headers. */
  const ask = (path: string, headers = {}, answer: object = {}) =>
    edge.visit(`${path}?answer=${encodeURIComponent(JSON.stringify(answer))}`, { headers });
  /** Lets timers end, and what they start. */
  const flush = async (upTo = SOON) => {
    await idle();
    waits.end(upTo);
    await idle();
  };
  const health = async () => {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    const response = await edge.visit('/_goblin/health', { headers });
    // biome-ignore lint/suspicious/noExplicitAny: each test looks at its own part of it
    return response.json<any>();
  };
  return { ...edge, ask, flush, waits, health, asked };
}

const today = () => new Date().toISOString().slice(0, 10);

describe('usage', () => {
  it('is summed up by user, endpoint and day, and written by one statement', async () => {
    const { ask, flush, asked } = await newMeter();
    const headers = await putSession('metered', 'u_7');
    for (let i = 0; i < 5; i++) await ask('/api/things/12', headers);
    for (let i = 0; i < 3; i++) await ask('/api/things/77');
    await ask('/api/broken', {}, { status: 500 });
    const before = asked.length;
    await flush();
    expect(asked.slice(before)).toEqual([expect.stringMatching(/^INSERT INTO api_usage/)]);
    const day = today();
    expect(await rows(ALL)).toEqual([
      { day, user_id: '', endpoint: '/api/broken', requests: 1, errors: 1, tokens: 0, cost: 0 },
      { day, user_id: '', endpoint: '/api/things/:id', requests: 3, errors: 0, tokens: 0, cost: 0 },
      {
        day,
        user_id: 'u_7',
        endpoint: '/api/things/:id',
        requests: 5,
        errors: 0,
        tokens: 0,
        cost: 0,
      },
    ]);
  });

  it('is never waited for, however slow D1 is', async () => {
    const hanging = otherDb((real, sql) =>
      sql.startsWith('INSERT') ? new Promise(() => {}) : real(),
    );
    const { ask, waits } = await newMeter(hanging);
    expect((await ask('/a')).status).toBe(200);
    waits.end();
    await vi.waitFor(() => expect(hanging.asked.some((sql) => /INSERT/.test(sql))).toBe(true));
    for (let i = 0; i < 5; i++) expect((await ask('/a')).status).toBe(200);
  });

  it('counts time from the request to the response', async () => {
    const { ask, flush } = await newMeter();
    await ask('/a', {}, { ms: 60 });
    await flush();
    const [row] = await rows('SELECT duration_ms FROM api_usage');
    expect(row?.duration_ms).toBeGreaterThanOrEqual(60);
  });

  it('counts what was let through, and nothing that was refused', async () => {
    const { visit, flush, health } = await newMeter();
    await visit('/_goblin/flags');
    await visit('/teapot', { headers: { Authorization: 'Bearer nobody' } });
    await visit('/_goblin/nothing');
    await health();
    await flush();
    expect(await rows('SELECT endpoint, requests FROM api_usage')).toEqual([
      { endpoint: '/_goblin/flags', requests: 1 },
    ]);
  });

  it('is of the UTC day on which a request came', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 31, 23, 59, 59, 999) });
    const { ask, flush } = await newMeter();
    await ask('/a');
    vi.setSystemTime(Date.UTC(2027, 1, 1, 0, 0, 0, 0));
    await ask('/a');
    await ask('/a');
    // A clock that is set back is no reason to stop.
    vi.setSystemTime(Date.UTC(2027, 0, 31, 12));
    await ask('/a');
    await flush();
    expect(await rows('SELECT day, requests FROM api_usage ORDER BY day')).toEqual([
      { day: '2027-01-31', requests: 2 },
      { day: '2027-02-01', requests: 2 },
    ]);
  });

  it('of two isolates adds up, also when they write at once', async () => {
    const one = await newMeter();
    const other = await newEdge({ DB: db });
    for (let i = 0; i < 3; i++) await one.ask('/a');
    for (let i = 0; i < 4; i++) await other.visit('/a');
    await one.flush();
    expect(await rows('SELECT endpoint, requests FROM api_usage')).toEqual([
      { endpoint: '/a', requests: 7 },
    ]);
  });

  it('takes any user id', async () => {
    const { ask, flush } = await newMeter();
    const ids = ["'; DROP TABLE api_usage; --", 'a\u0000b', '👺', 'x'.repeat(100_000), '\ud800"[]'];
    for (const [i, user_id] of ids.entries()) {
      await kv.put(
        `session:odd-${i}`,
        JSON.stringify({ user_id, expires_at: Date.now() + 60_000 }),
      );
      expect((await ask('/a', { Authorization: `Bearer odd-${i}` })).status).toBe(200);
    }
    await flush();
    const found = await rows('SELECT user_id FROM api_usage ORDER BY requests');
    expect(found.map(({ user_id }) => user_id).sort()).toEqual(
      [ids[0], ids[1], ids[2], 'x'.repeat(256), '\ufffd"[]'].sort(),
    );
  });
});

describe('what the backend says that it used', () => {
  it('is added up, and not told to the client', async () => {
    const { ask, flush } = await newMeter();
    const headers = { 'X-Goblin-Tokens': '120', 'x-goblin-cost': '0.25', 'X-Odd': 'stays' };
    const response = await ask('/ai', {}, { headers, status: 201, body: 'said' });
    expect([response.status, await response.text()]).toEqual([201, 'said']);
    expect(response.headers.get('X-Odd')).toBe('stays');
    expect([...response.headers.keys()].filter((name) => name.startsWith('x-goblin'))).toEqual([]);
    await ask('/ai', {}, { headers: { 'X-Goblin-Cost': '1e-3' } });
    await flush();
    expect(await rows(ALL)).toMatchObject([{ requests: 2, tokens: 120, cost: 0.251 }]);
  });

  it.each(['-1', 'NaN', 'Infinity', '1e999', '', '0x10', '1,2', '12 tokens', '1'.repeat(400)])(
    'is 0 and counted where it is no amount: %j',
    async (odd) => {
      const { ask, flush, health } = await newMeter();
      const headers = { 'X-Goblin-Tokens': odd, 'X-Goblin-Cost': '0.5' };
      const response = await ask('/ai', {}, { headers });
      expect(response.headers.has('X-Goblin-Tokens')).toBe(false);
      await flush();
      expect(await rows(ALL)).toMatchObject([{ tokens: 0, cost: 0.5 }]);
      expect((await health()).d1.usage.lost).toEqual({ bad_amount: 1 });
    },
  );

  it('is taken from a compressed response, and leaves its body as it is', async () => {
    const { ask } = await newMeter();
    const headers = { 'Content-Encoding': 'gzip', 'X-Goblin-Tokens': '5' };
    const response = await ask('/ai', {}, { headers, body: 'packed' });
    expect(response.headers.has('X-Goblin-Tokens')).toBe(false);
    expect(await response.text()).toBe('packed');
  });

  it('is taken from an answer to HEAD and from one without a body', async () => {
    const { visit, flush } = await newMeter();
    const answer = (fields: object) => encodeURIComponent(JSON.stringify(fields));
    const headers = { 'X-Goblin-Tokens': '5' };
    const head = await visit(`/ai?answer=${answer({ headers, body: 'x' })}`, { method: 'HEAD' });
    const none = await visit(`/ai?answer=${answer({ headers, status: 204, body: null })}`);
    expect([head.status, none.status]).toEqual([200, 204]);
    await flush();
    expect(await rows(ALL)).toMatchObject([{ requests: 2, tokens: 10 }]);
  });

  it('is taken from a WebSocket, which stays open', async () => {
    const { visit, flush } = await newMeter();
    const { webSocket, headers } = await visit('/ws', { headers: { Upgrade: 'websocket' } });
    expect(headers.has('X-Goblin-Tokens')).toBe(false);
    webSocket?.accept();
    const heard = new Promise((resolve) => {
      webSocket?.addEventListener('message', ({ data }) => resolve(data), { once: true });
    });
    webSocket?.send('hello');
    expect(await heard).toBe('echo hello');
    await flush();
    expect(await rows(ALL)).toMatchObject([{ requests: 1, tokens: 3 }]);
  });

  it('is not told to the client without a database either, nor by a cached response', async () => {
    const { visit } = await newEdge();
    const answer = encodeURIComponent('{"headers":{"X-Goblin-Tokens":"1"}}');
    for (const path of ['/a', '/models', '/models']) {
      const { headers } = await visit(`${path}?answer=${answer}`);
      expect(headers.has('X-Goblin-Tokens')).toBe(false);
    }
  });
});

describe('a flush', () => {
  it('is made a second after the first request, and at most one a second', async () => {
    const { ask, waits, flush } = await newMeter();
    await ask('/a');
    await ask('/b');
    expect(waits.waits.map(({ ms }) => ms)).toEqual([SOON]);
    await flush();
    await ask('/a');
    expect(waits.waits.map(({ ms }) => ms)).toEqual([SOON]);
    // Its timer ends early: the one of the next request is what counts.
    await flush();
    expect(await rows('SELECT sum(requests) AS n FROM api_usage')).toEqual([{ n: 2 }]);
  });

  it('waits where the requests have not earned its rows, until traffic pauses', async () => {
    const { ask, waits, flush } = await newMeter();
    for (let i = 0; i < 30; i++) await ask('/a', await putSession(`many-${i}`, `u_${i}`));
    await flush();
    // The first flush was of the rows that a new isolate has; now it owes some.
    await db.exec('DELETE FROM api_usage');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5000 });
    await ask('/a');
    expect(waits.waits.map(({ ms }) => ms)).toEqual([PAUSE]);
    vi.setSystemTime(Date.now() + 15_000);
    await ask('/a');
    expect(waits.waits.map(({ ms }) => ms)).toEqual([PAUSE, PAUSE]);
    // The timer of the first request finds that there was another one.
    vi.setSystemTime(Date.now() + 5000);
    waits.waits.shift()?.end();
    expect(await rows(ALL)).toEqual([]);
    vi.setSystemTime(Date.now() + 15_000);
    await flush(PAUSE);
    expect(await rows(ALL)).toMatchObject([{ requests: 2 }]);
  });

  it('is made after a minute of traffic without a pause', async () => {
    const { ask, waits, flush } = await newMeter();
    for (let i = 0; i < 30; i++) await ask('/a', await putSession(`much-${i}`, `u_${i}`));
    await flush();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5000 });
    await ask('/a');
    vi.setSystemTime(Date.now() + 60_000);
    await ask('/a');
    expect(waits.waits.map(({ ms }) => ms)).toContain(SOON);
  });
});

describe('when D1 fails, usage', () => {
  /** A database that fails as long as it is told to. */
  function moody(message: string) {
    const mood = { isBad: true };
    const database = otherDb((real) => (mood.isBad ? failing(message)() : real()));
    return { mood, database };
  }

  it.each([
    ["D1_ERROR: Your account has exceeded D1's free tier daily row write limit", 'full'],
    ['D1_ERROR: Exceeded maximum DB size.', 'full'],
    ['D1_ERROR: D1 DB is overloaded. Requests queued for too long.', 'down'],
    ['D1_ERROR: no such table: api_usage: SQLITE_ERROR', 'schema'],
  ])('is kept and written later: %s', async (message, trouble) => {
    const { mood, database } = moody(message);
    const { ask, flush, health } = await newMeter(database);
    await ask('/a');
    await flush();
    expect((await health()).d1.usage).toEqual({ queued: 1, trouble, lost: {} });
    expect((await ask('/a')).status).toBe(200);
    mood.isBad = false;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    await ask('/a');
    await flush(PAUSE);
    expect(await rows(ALL)).toMatchObject([{ requests: 3 }]);
    expect((await health()).d1.usage).toEqual({ queued: 0, lost: {} });
  });

  it('is not written again where it may have been', async () => {
    const { mood, database } = moody('Network connection lost.');
    const { ask, flush, health } = await newMeter(database);
    await ask('/a');
    await ask('/a');
    await flush();
    mood.isBad = false;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    expect((await health()).d1.usage).toMatchObject({ queued: 0, lost: { in_doubt: 2 } });
    await ask('/b');
    await flush(PAUSE);
    expect(await rows('SELECT endpoint, requests FROM api_usage')).toEqual([
      { endpoint: '/b', requests: 1 },
    ]);
  });

  it('risks no more than one flush where D1 hangs: a read goes before the next', async () => {
    const hanging = otherDb(() => new Promise(() => {}));
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: Date.now() });
    const { ask, waits } = await newMeter(hanging);
    await ask('/a');
    for (let round = 0; round < 3; round++) {
      waits.end();
      await vi.advanceTimersByTimeAsync(8000);
      await vi.advanceTimersByTimeAsync(61_000);
      await ask('/a');
    }
    expect(hanging.asked.map((sql) => sql.slice(0, 8))).toEqual([
      'INSERT I',
      'SELECT 1',
      'SELECT 1',
    ]);
  });

  it('is left alone for longer and longer', async () => {
    const { database } = moody('D1_ERROR: Exceeded maximum DB size.');
    const { ask, waits, flush } = await newMeter(database);
    await ask('/a');
    const rests: number[] = [];
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    for (let i = 0; i < 8; i++) {
      const ms = waits.waits[0]?.ms ?? 0;
      rests.push(ms);
      vi.setSystemTime(Date.now() + ms);
      await flush(ms);
    }
    expect(rests).toEqual([SOON, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]);
  });

  it('is kept up to a bound, and counted as lost beyond it, with the reason', async () => {
    const { database } = moody('D1_ERROR: Exceeded maximum DB size.');
    const { flush, health, ask } = await newMeter(database);
    const { usageOutbox } = await import('../../worker/src/d1/usage.ts');
    await ask('/a');
    await flush();
    const call = { env: { DB: database.db }, now: Date.now(), ctx: { waitUntil: () => {} } };
    for (let i = 0; i < 1500; i++) {
      usageOutbox.add(call as never, `key ${i}`, { requests: 2 } as never);
    }
    const { usage } = (await health()).d1;
    expect(usage).toEqual({ queued: 1000, trouble: 'full', lost: { full: 1002 } });
  });

  it('of a database of the first generation waits for the migration, and no request suffers', async () => {
    const { ask, flush, health } = await newMeter(otherDb(undefined, oldDb));
    expect((await ask('/a')).status).toBe(200);
    await flush();
    expect((await health()).d1).toMatchObject({
      migration: null,
      missing: [
        'user_preferences.extra',
        'audit_logs.source',
        'feature_flags.version',
        'api_usage.day',
      ],
      usage: { queued: 1, trouble: 'schema' },
      audit: { lost: {} },
    });
    expect(await rows('SELECT count(*) AS n FROM api_usage', oldDb)).toEqual([{ n: 3 }]);
  });

  it('is counted as lost when the request whose time it was written in is cut off', async () => {
    const lost = otherDb((real, sql) => (/INSERT/.test(sql) ? new Promise(() => {}) : real()));
    const { ask, waits, health } = await newMeter(lost);
    await ask('/a');
    waits.end();
    await vi.waitFor(() => expect(lost.asked.some((sql) => /INSERT/.test(sql))).toBe(true));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    await ask('/b', { 'CF-Connecting-IP': newAddress() });
    waits.end();
    await vi.waitFor(async () => expect((await health()).d1.usage.lost).toEqual({ in_doubt: 1 }));
  });
});
