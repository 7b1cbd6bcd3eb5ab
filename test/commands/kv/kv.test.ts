import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sessionHandle } from '../../../src/shards/handle.ts';
import { useEngine } from '../../engine.ts';
import { useFolder } from '../../folder.ts';
import { run } from '../../run.ts';
import { seed } from '../../seed.ts';

const TOKEN = 'kq3vJ8Xw2nR5tY7uB1mC4zL6pS9dF0gHaKeQiWoTxEV';
const MASKED = `session:${sessionHandle(TOKEN)}`;

const engine = useEngine();
const folder = useFolder();

const kv = (line: string, options: Parameters<typeof run>[1] = {}) =>
  run(`kv ${line}`, { engine, ...options });

describe('kv list', () => {
  beforeAll(() =>
    seed(engine, [
      ...Array.from({ length: 25 }, (_, i) => ({ key: `list:${100 + i}`, value: `v${i}` })),
      { key: `session:${TOKEN}`, value: '{}', metadata: { user_id: 'u_42' }, ttl: 600 },
    ]),
  );

  it('tells what KV knows of a key, and hides the session token', async () => {
    const { code, stdout, json } = await kv('list session: --json');
    expect(code).toBe(0);
    expect(json()).toEqual([
      {
        key: MASKED,
        shard: 'sessions',
        expires_at: expect.stringMatching(/Z$/),
        ttl_seconds: expect.any(Number),
        metadata: { user_id: 'u_42' },
      },
    ]);
    expect(stdout).not.toContain(TOKEN);
    expect((await kv('list session: --reveal')).stdout).toContain(TOKEN);
  });

  it.each([3, 10, 14, 24])(
    'goes on where --limit %d ended, with no key twice or lost',
    async (limit) => {
      const seen: string[] = [];
      let cursor = '';
      do {
        const { stdout, stderr } = await kv(`list list: --limit ${limit} ${cursor} -o csv`);
        seen.push(
          ...stdout
            .trim()
            .split('\n')
            .slice(1)
            .map((line) => line.split(',')[0] ?? ''),
        );
        cursor = /--cursor \S+/.exec(stderr)?.[0] ?? '';
      } while (cursor !== '' && seen.length < 50);
      expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `list:${100 + i}`));
    },
  );

  it('reads values in bulk, and says which is no text', async () => {
    await engine.kv('/values/read:1', { method: 'PUT', body: 'v1' });
    await engine.kv('/values/read:2', { method: 'PUT', body: new Uint8Array([0xff, 0xfe]) });
    const { json, stderr } = await kv('list read: --values --json -v');
    expect(json()).toMatchObject([
      { key: 'read:1', value: 'v1', problem: null },
      { key: 'read:2', value: null, problem: 'not text but 2 bytes' },
    ]);
    expect(stderr).toMatch(/ 1 list /);
  });

  it('shows what came before the API died, and where to go on', async () => {
    let pages = 0;
    const { code, json, stderr } = await kv('list list: --limit 15 --json', {
      fetch: (url, init) =>
        url.includes('/keys') && pages++ > 0
          ? Promise.resolve(new Response('<html>', { status: 200 }))
          : fetch(url.replace('limit=15', 'limit=10'), init),
    });
    expect(code).toBe(1);
    expect(json()).toHaveLength(10);
    expect(JSON.parse(stderr).error.hint).toMatch(/--cursor \S+/);
  });
});

describe('kv get', () => {
  beforeAll(async () => {
    await seed(engine, [
      { key: 'text', value: 'a\u001b[31mb\n', metadata: { a: 1 }, ttl: 600 },
      { key: `session:${TOKEN}`, value: '{"user_id":"u_42"}', ttl: 600 },
    ]);
    await engine.kv('/values/bytes', { method: 'PUT', body: new Uint8Array([0, 0xff, 0x0a]) });
  });

  it('writes the bytes as they are into a pipe, and nothing wild onto a terminal', async () => {
    expect((await kv('get text')).stdout).toBe('a\u001b[31mb\n');
    expect((await kv('get text', { tty: true })).stdout).toBe('a\\x1b[31mb\n');
    const onScreen = await kv('get bytes', { tty: true });
    expect(onScreen.stdout).toBe('');
    expect(onScreen.stderr).toContain('3 bytes that are not text');
  });

  it('gives all of a key as JSON, bytes in base64', async () => {
    expect((await kv('get text --json')).json()).toEqual({
      key: 'text',
      value: 'a\u001b[31mb\n',
      expires_at: expect.any(String),
      ttl_seconds: expect.any(Number),
      metadata: { a: 1 },
    });
    expect((await kv('get bytes --json')).json()).toMatchObject({ base64: 'AP8K', metadata: null });
  });

  it('takes a session by its handle, and a key from stdin', async () => {
    expect((await kv(`get ${MASKED}`)).stdout).toBe('{"user_id":"u_42"}');
    const { json } = await kv('get - --json', { stdin: `session:${TOKEN}\n` });
    expect(json()).toMatchObject({ key: MASKED });
    expect((await kv('get -', { stdin: 'a\nb\n' })).code).toBe(2);
  });

  it('is exit 3 for a key that is not there', async () => {
    const { code, stdout, stderr } = await kv('get nothing --json');
    expect({ code, stdout, error: JSON.parse(stderr).error.code }).toEqual({
      code: 3,
      stdout: '',
      error: 'key_not_found',
    });
  });
});

describe('kv put', () => {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const state = async (key: string) =>
    (await kv(`get ${key} --json`)).json() as Record<string, unknown>;
  const seconds = async (key: string) => Date.parse(String((await state(key)).expires_at)) / 1000;

  it('keeps expiry and metadata of a key that is there', async () => {
    await seed(engine, [{ key: 'kept', value: '1', metadata: { a: 1 }, ttl: 3600 }]);
    const before = await state('kept');
    expect((await kv('put kept 2')).code).toBe(0);
    const { expires_at } = before;
    expect(await state('kept')).toMatchObject({ value: '2', metadata: { a: 1 }, expires_at });
  });

  it('changes what it is told to', async () => {
    await seed(engine, [{ key: 'told', value: '1', metadata: { a: 1 }, ttl: 3600 }]);
    await kv(['put', 'told', '2', '--no-metadata'].join(' '));
    expect(await state('told')).toMatchObject({ metadata: null, expires_at: expect.any(String) });
    await kv(`put told 3 --no-expire --metadata '{"b":[2]}'`);
    expect(await state('told')).toMatchObject({ metadata: { b: [2] }, expires_at: null });
    // The API counts a time to live from when it gets it, by its own clock.
    await kv('put told 4 --ttl 5m', { now: now - 86_400_000 });
    expect(await seconds('told')).toBeGreaterThanOrEqual(Math.floor(now / 1000) + 300);
    expect(await seconds('told')).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 300);
    await kv(`put told 5 --expires ${new Date(now + 900_000).toISOString()}`, { now });
    expect(await seconds('told')).toBe(now / 1000 + 900);
  });

  it('takes the value from stdin or a file, whatever its bytes', async () => {
    await writeFile(join(folder, 'v.bin'), new Uint8Array([0xff, 0x0d, 0x0a]));
    expect((await kv('put file @v.bin', { cwd: folder })).code).toBe(0);
    expect(await state('file')).toMatchObject({ base64: '/w0K' });
    await kv('put stdin -', { stdin: 'line\r\n' });
    expect(await state('stdin')).toMatchObject({ value: 'line\r\n' });
    expect((await kv('put file @none', { cwd: folder })).code).toBe(2);
  });

  it('counts a time to live from the write on, however long it took to get there', async () => {
    let time = Date.now();
    const slow = () => (time += 5000);
    await seed(engine, [{ key: 'slow', value: '1', metadata: { a: 1 } }]);
    const { code, json, stderr } = await run('kv put slow - --ttl 60s --json', {
      engine,
      stdin: '2',
      now: slow,
    });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(json()).toMatchObject({ metadata: { a: 1 } });
    const left = (await seconds('slow')) - Date.now() / 1000;
    expect(left).toBeGreaterThan(30);
    expect(left).toBeLessThanOrEqual(61);
  });

  it.each([
    ['put k v --ttl 59s', 'ttl_too_short'],
    ['put k v --expires 1h', 'expires_too_soon'],
    ['put k v --ttl 60s --no-expire', 'conflicting_options'],
    ['put k v --metadata {oops', 'bad_metadata'],
    [`put k v --metadata "${'x'.repeat(1025)}"`, 'metadata_too_long'],
    ['put .. v', 'bad_key'],
    [`put ${'é'.repeat(257)} v`, 'bad_key'],
  ])('refuses `%s` before anything is sent', async (line, code) => {
    const fetch = () => Promise.reject(new Error('nothing may be sent'));
    const ran = await kv(`${line} --json`, { fetch });
    expect(ran.code).toBe(2);
    expect(JSON.parse(ran.stderr).error.code).toBe(code);
  });

  it('refuses more than 25 MiB before anything is sent', async () => {
    const fetch = () => Promise.reject(new Error('nothing may be sent'));
    const stdin = new Uint8Array(25 * 1024 * 1024 + 1);
    const { code, stderr } = await kv('put big - --json', { fetch, stdin });
    expect({ code, error: JSON.parse(stderr).error.code }).toEqual({
      code: 2,
      error: 'value_too_large',
    });
  });

  it('takes the largest value and the longest key, and gives the bytes back', {
    timeout: 60_000,
  }, async () => {
    const largest = new Uint8Array(25 * 1024 * 1024).fill(0xc3);
    const key = 'é'.repeat(256);
    expect((await kv(`put ${key} -`, { stdin: largest })).code).toBe(0);
    const stored = await engine.kv(`/values/${encodeURIComponent(key)}`);
    expect(Buffer.from(await stored.arrayBuffer()).equals(largest)).toBe(true);
    expect((await kv(`delete ${key} --yes`)).code).toBe(0);
  });

  it('does not make a key that is about to expire immortal', async () => {
    await seed(engine, [{ key: 'soon', value: '1', ttl: 60 }]);
    const { code, stderr } = await kv('put soon 2', { now: Date.now() + 30_000 });
    expect(code).toBe(1);
    expect(stderr).toContain('--ttl 60s');
    expect(await state('soon')).toMatchObject({ value: '1' });
  });
});

describe('kv delete', () => {
  beforeEach(() =>
    seed(engine, [
      { key: 'a', value: '1' },
      { key: `session:${TOKEN}`, value: '{}' },
    ]),
  );

  it('touches nothing without --yes where nobody can be asked', async () => {
    expect((await kv('delete a')).code).toBe(6);
    expect((await kv('get a')).code).toBe(0);
  });

  it('deletes what is there, names what is not, and never shows a token', async () => {
    const { code, json, stdout } = await kv('delete - a --yes --json', {
      stdin: `${MASKED}\nnothing\n`,
    });
    expect(code).toBe(0);
    const results = (json() as { key: string; result: string }[]).map(({ key, result }) => [
      key,
      result,
    ]);
    expect(results).toEqual([
      ['a', 'deleted'],
      [MASKED, 'deleted'],
      ['nothing', 'absent'],
    ]);
    expect(stdout).not.toContain(TOKEN);
    expect((await kv(`get session:${TOKEN}`)).code).toBe(3);
  });
});
