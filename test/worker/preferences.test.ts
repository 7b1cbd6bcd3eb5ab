import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { db, emptyDb, failing, migrate, oldDb, otherDb, rows, setUpOld } from './d1.ts';
import { kv, newEdge, putSession } from './edge.ts';

const PATH = '/_goblin/preferences';

beforeAll(async () => {
  await Promise.all([migrate(), setUpOld()]);
  // So that no flags are read from D1.
  await kv.put('feature_flags', '{}');
});
beforeEach(() => db.exec('DELETE FROM user_preferences'));

/** An edge with a database, and a user of it. */
async function newUser(database: D1Database | undefined = db, user = 'u_1', more = {}) {
  const edge = await newEdge({ DB: database, ...more });
  const headers = await putSession(`token-of-${user.length}`, user);
  const send = (method: string, body?: unknown) =>
    edge.visit(PATH, {
      method,
      headers,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const read = async () => (await send('GET')).json();
  return { ...edge, headers, send, read };
}

async function errorOf(response: Response) {
  const { error } = await response.json<{ error: { code: string; message: string } }>();
  return { status: response.status, ...error };
}

describe('preferences', () => {
  it('are none at first', async () => {
    const { send } = await newUser();
    const response = await send('GET');
    expect(response.status).toBe(200);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(await response.json()).toEqual({});
  });

  it('PATCH changes what it names, keeps the rest, unknown ones too, and unsets by null', async () => {
    const { send, read } = await newUser();
    await send('PATCH', { theme: 'dark', temperature: 0.5, sound: { on: true }, n: 12 });
    const response = await send('PATCH', { theme: 'light', temperature: null, n: null });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ theme: 'light', sound: { on: true } });
    expect(await read()).toEqual({ theme: 'light', sound: { on: true } });
  });

  it('PUT sets exactly what it names', async () => {
    const { send, read } = await newUser();
    await send('PATCH', { theme: 'dark', odd: 1 });
    const response = await send('PUT', { language: 'de', odder: [1, 'é', true] });
    expect(await response.json()).toEqual({ language: 'de', odder: [1, 'é', true] });
    expect(await read()).toEqual({ language: 'de', odder: [1, 'é', true] });
  });

  it('are apart for each user', async () => {
    const one = await newUser(db, 'u_1');
    const other = await newUser(db, "u_'; DROP TABLE user_preferences; --");
    await one.send('PATCH', { theme: 'dark' });
    await other.send('PATCH', { theme: 'light' });
    expect(await one.read()).toEqual({ theme: 'dark' });
    expect(await other.read()).toEqual({ theme: 'light' });
  });

  it.each([
    {
      theme: '\u0000"\'; DROP TABLE user_preferences; --',
      '"][$.x': 'a\u0000b',
      '👺': '\ud83d\udc7a',
    },
    { constructor: { a: null }, toString: '%_*?', 'a.b': '\\' },
    JSON.parse('{"__proto__":{"theme":"x"}}'),
  ])('keep any text as it is: %j', async (odd) => {
    const { send, read } = await newUser();
    expect((await send('PATCH', odd)).status).toBe(200);
    // As entries: `toEqual` does not look at a key `__proto__`.
    const entries = (of: unknown) => Object.entries(of as object).sort();
    expect(entries(await read())).toEqual(entries(odd));
  });

  it.each([
    ['{"theme":1}', /^theme must be a string/],
    ['{"language":{"a":1}}', /^language must/],
    ['{"temperature":"0.7"}', /^temperature must be a number/],
    ['{"temperature":1e999}', /^temperature must be a number/],
    ['{"temperature":-1e999}', /^temperature must be a number/],
    ['{"max_tokens":true}', /^max_tokens must/],
    ['{"user_id":"u_2"}', /^"user_id" is not a valid name/],
    ['{"extra":{}}', /^"extra" is not a valid name/],
    ['{"":1}', /^"" is not a valid name/],
    ['{"a\\u0000":1}', /is not a valid name/],
    ['{"\\ud800":1}', /is not a valid name/],
    ['[1]', /JSON object/],
    ['null', /JSON object/],
    ['{"theme":', /JSON object/],
    ['', /JSON object/],
  ])('of %s are refused with 400, and nothing is changed', async (body, message) => {
    const { send, read } = await newUser();
    await send('PATCH', { theme: 'dark' });
    for (const method of ['PUT', 'PATCH']) {
      const error = await errorOf(await send(method, body));
      expect(error).toMatchObject({ status: 400, code: 'bad_request' });
      expect(error.message).toMatch(message);
    }
    expect(await read()).toEqual({ theme: 'dark' });
  });

  it('have 8 KiB at most, in one body and in all', async () => {
    const { send, read } = await newUser();
    expect(await errorOf(await send('PUT', { a: 'x'.repeat(8200) }))).toMatchObject({
      status: 413,
    });
    expect(await errorOf(await send('PUT', 'x'.repeat(2_000_000)))).toMatchObject({ status: 413 });
    expect((await send('PATCH', { a: 'x'.repeat(5000) })).status).toBe(200);
    const tooMuch = await send('PATCH', { b: 'y'.repeat(5000), theme: 'dark' });
    expect(await errorOf(tooMuch)).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(await read()).toEqual({ a: 'x'.repeat(5000) });
    expect((await send('PATCH', { a: null, b: 'y'.repeat(5000) })).status).toBe(200);
  });

  it('are refused where they are deeper than SQLite reads JSON', async () => {
    const { send, read } = await newUser();
    const deep = `{"a":${'['.repeat(3000)}${']'.repeat(3000)}}`;
    expect(await errorOf(await send('PATCH', deep))).toMatchObject({ status: 413 });
    expect(await read()).toEqual({});
  });

  it('are refused without a session', async () => {
    const { visit } = await newUser();
    for (const method of ['GET', 'PUT', 'PATCH']) {
      const response = await visit(PATH, { method, ...(method !== 'GET' && { body: '{}' }) });
      expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
      expect(await errorOf(response)).toMatchObject({ status: 401, code: 'session_invalid' });
    }
  });

  it('answer HEAD without a body, and pages of the origins named', async () => {
    const { visit, send, headers } = await newUser(db, 'u_1', { CORS_ORIGINS: 'https://app.test' });
    const head = await send('HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
    const Origin = 'https://app.test';
    const read = await visit(PATH, { headers: { ...headers, Origin } });
    expect(read.headers.get('Access-Control-Allow-Origin')).toBe(Origin);
    const asked = { Origin, 'Access-Control-Request-Method': 'PATCH' };
    const preflight = await visit(PATH, { method: 'OPTIONS', headers: asked });
    expect(preflight.headers.get('Access-Control-Allow-Methods')).toMatch(/PUT, PATCH/);
  });

  it('are no route without a database', async () => {
    const { visit, headers } = await newUser();
    const { visit: without } = await newEdge();
    expect((await without(PATH, { headers })).status).toBe(404);
    expect((await without(PATH, { method: 'PATCH', headers, body: '{}' })).status).toBe(404);
    expect((await visit(PATH, { method: 'POST', headers, body: '{}' })).status).toBe(404);
  });
});

describe('when D1 fails, preferences', () => {
  it.each([
    ['D1_ERROR: no such table: user_preferences: SQLITE_ERROR', /goblin d1 migrate/],
    ["Your account has exceeded D1's free tier daily row write limit", /no more writes/],
    ['D1_ERROR: D1 DB is overloaded. Requests queued for too long.', /does not answer/],
    ['Network connection lost.', /may have made the change/],
  ])('are 503 that says why: %s', async (failure, message) => {
    const { send } = await newUser(otherDb(failing(failure)).db);
    const response = await send('PATCH', { theme: 'dark' });
    expect(response.headers.get('Retry-After')).toBe('5');
    const error = await errorOf(response);
    expect(error).toMatchObject({ status: 503, code: 'unavailable' });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('SQLITE');
  });

  it('do not wait for one that hangs, and leave it alone', async () => {
    const hanging = otherDb(() => new Promise(() => {}));
    const { send } = await newUser(hanging.db);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const first = send('GET');
    await vi.waitFor(() => expect(hanging.asked).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(3000);
    vi.useRealTimers();
    const error = await errorOf(await first);
    expect(error).toMatchObject({ status: 503, message: expect.not.stringContaining('change') });
    expect((await send('GET')).status).toBe(503);
    expect(hanging.asked).toHaveLength(1);
  });

  it('need the migrations, and say so', async () => {
    const old = await newUser(oldDb);
    // All columns of the first generation are preferences.
    expect(await old.read()).toMatchObject({ theme: 'light', model_preference: 'gpt-4' });
    expect((await errorOf(await old.send('PATCH', { theme: 'dark' }))).message).toMatch(
      /run `goblin d1 migrate`/,
    );
    expect(await rows("SELECT theme FROM user_preferences WHERE user_id = 'u_1'", oldDb)).toEqual([
      { theme: 'light' },
    ]);
    const none = await newUser(emptyDb);
    expect(await errorOf(await none.send('GET'))).toMatchObject({ status: 503 });
  });
});
