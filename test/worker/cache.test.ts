import { afterEach, describe, expect, it, vi } from 'vitest';
import { cacheKey } from '../../src/shards/cache.ts';
import { kv, listed, newEdge, passTime } from './edge.ts';
import { otherKv } from './other-kv.ts';

let variants = 0;

interface Order {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  size?: number;
  policy?: number;
  ms?: number;
}

/** A path whose answer is made to order, and that no other test asks for. */
function ordered(answer: Order = {}, pathname = '/models'): string {
  variants++;
  return `${pathname}?v=${variants}&answer=${encodeURIComponent(JSON.stringify(answer))}`;
}

async function hitsOf(path: string): Promise<number> {
  const { visit } = await newEdge();
  return (await visit(`/hits?of=${encodeURIComponent(path)}`)).json();
}

const look = async (response: Response) => [
  response.status,
  response.headers.get('X-Cache'),
  await response.text(),
];

describe('a cached response', () => {
  it.each(['/health', '/models', '/providers', '/settings'])('is kept for GET %s', async (path) => {
    const { visit, settled } = await newEdge();
    await kv.delete(`cache:${path}`);
    expect((await visit(path)).headers.get('X-Cache')).toBe('MISS');
    await settled();
    expect((await visit(path)).headers.get('X-Cache')).toBe('HIT');
    const [row] = await listed(`cache:${path}`);
    expect(cacheKey.parse(row?.name ?? '')).toEqual({ pathname: path, search: '' });
    expect(Math.abs((row?.expiration ?? 0) - Date.now() / 1000 - 300)).toBeLessThan(3);
  });

  it('comes back with status, type, body and age', async () => {
    const body = '\u{1f47e} \u0000';
    const path = ordered({ status: 203, headers: { 'Content-Type': 'text/x-odd' }, body });
    const first = await newEdge();
    expect(await look(await first.visit(path))).toEqual([203, 'MISS', body]);
    await first.settled();
    passTime(1050);
    const again = await first.visit(path);
    expect(again.headers.get('Content-Type')).toBe('text/x-odd');
    expect(again.headers.get('Age')).toBe('1');
    expect(await look(again)).toEqual([203, 'HIT', body]);
    await first.settled();
    const other = await newEdge();
    expect(await look(await other.visit(path))).toEqual([203, 'HIT', body]);
    expect(await hitsOf(path)).toBe(1);
  });

  it('is fetched once by however many ask at the same time', async () => {
    const path = ordered({ ms: 50 });
    const { visit, settled } = await newEdge({});
    const all = await Promise.all(Array.from({ length: 90 }, () => visit(path)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await Promise.all(all.map((response) => response.text()))).toHaveLength(90);
    await settled();
    expect(await hitsOf(path)).toBe(1);
  });

  it('is gone once the operator has purged it', async () => {
    const { visit, settled } = await newEdge();
    await kv.delete('cache:/settings');
    await visit('/settings');
    await settled();
    expect((await visit('/settings')).headers.get('X-Cache')).toBe('HIT');
    await kv.delete('cache:/settings');
    passTime(2001);
    await visit('/settings');
    await settled();
    expect((await visit('/settings')).headers.get('X-Cache')).toBe('MISS');
  });

  it('is not served after five minutes, though KV still shows it', async () => {
    const path = ordered();
    const metadata = { status: 200, content_type: 'text/plain', cached_at: Date.now() - 300_001 };
    await kv.put(`cache:${path}`, 'old', { metadata });
    const { visit } = await newEdge();
    expect(await look(await visit(path))).toEqual([200, 'MISS', 'made to order']);
  });
});

describe('a response that is slow to come', () => {
  afterEach(() => void vi.useRealTimers());

  /** A backend that never answers the first request; others get their answer at once. */
  async function hangingEdge() {
    const edge = await newEdge();
    // The flags are in memory, so that nobody waits for KV.
    await edge.visit('/warm');
    const fetched = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementationOnce(() => new Promise(() => {}));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    return { ...edge, fetched };
  }

  it('keeps others waiting for a second at most', async () => {
    const { visit, fetched } = await hangingEdge();
    const path = ordered();
    void visit(path);
    await vi.waitFor(() => expect(fetched).toHaveBeenCalledTimes(1));
    const follower = visit(path);
    await vi.advanceTimersByTimeAsync(1000);
    expect((await follower).status).toBe(200);
    fetched.mockRestore();
  });

  it('keeps nobody waiting once its client has left', async () => {
    const { visit, fetched } = await hangingEdge();
    const path = ordered();
    const client = new AbortController();
    void visit(path, { signal: client.signal });
    await vi.waitFor(() => expect(fetched).toHaveBeenCalledTimes(1));
    const follower = visit(path);
    client.abort();
    expect((await follower).status).toBe(200);
    fetched.mockRestore();
  });
});

describe('the cache', () => {
  it.each<[string, string, RequestInit]>([
    ['another path', '/models/x', {}],
    ['a path that only looks like one', '/%6dodels', {}],
    ['POST', '/models', { method: 'POST' }],
    ['HEAD', '/models', { method: 'HEAD' }],
    ['Authorization', '/models', { headers: { Authorization: 'Basic x' } }],
    ['Cookie', '/models', { headers: { Cookie: 'a=b' } }],
    ['Origin', '/models', { headers: { Origin: 'https://app.test' } }],
    ['Range', '/models', { headers: { Range: 'bytes=0-1' } }],
    ['X-Api-Key', '/models', { headers: { 'X-Api-Key': 'k' } }],
    ['Proxy-Authorization', '/models', { headers: { 'Proxy-Authorization': 'Basic x' } }],
    ['a header that CACHE_BYPASS_HEADERS names', '/models', { headers: { 'X-Plan': 'gold' } }],
  ])('has nothing to do with %s', async (_what, path, init) => {
    const metadata = { status: 200, content_type: 'text/plain', cached_at: Date.now() };
    await kv.put(`cache:${path}`, 'cached', { metadata });
    const { visit } = await newEdge({ CACHE_BYPASS_HEADERS: 'X-Tenant, X-Plan' });
    const response = await visit(path, init);
    expect(response.headers.get('X-Cache')).toBeNull();
    expect(await response.text()).not.toBe('cached');
  });

  it.each<[string, Order]>([
    ['a cookie', { headers: { 'Set-Cookie': 'a=b' } }],
    ['private', { headers: { 'Cache-Control': 'max-age=60, Private' } }],
    ['no-store', { headers: { 'Cache-Control': 'no-store' } }],
    ['no-cache', { headers: { 'Cache-Control': 'no-cache' } }],
    ['max-age=0', { headers: { 'Cache-Control': 'max-age=0' } }],
    ['s-maxage=0', { headers: { 'Cache-Control': 'max-age=60, s-maxage=0' } }],
    ['Pragma: no-cache', { headers: { Pragma: 'no-cache' } }],
    ['what has expired', { headers: { Expires: 'Thu, 01 Jan 1970 00:00:00 GMT' } }],
    ['CDN-Cache-Control: no-store', { headers: { 'CDN-Cache-Control': 'no-store' } }],
    ['what is as old as it may be', { headers: { 'Cache-Control': 'max-age=60', Age: '60' } }],
    ['a coding that it cannot read', { headers: { 'Content-Encoding': 'zstd' } }],
    ['Vary: *', { headers: { Vary: '*' } }],
    ['Vary: Origin', { headers: { Vary: 'Accept-Encoding, Origin' } }],
    ['an error', { status: 500 }],
    ['not found', { status: 404 }],
    ['more than 1 MiB', { size: 1_048_577 }],
  ])('never keeps %s', async (_what, answer) => {
    const { visit, settled } = await newEdge();
    const path = ordered(answer);
    await (await visit(path)).text();
    await settled();
    expect((await visit(path)).headers.get('X-Cache')).not.toBe('HIT');
    await settled();
    expect(await listed(`cache:${path}`)).toEqual([]);
  });

  it('keeps what varies by coding only', async () => {
    const path = ordered({ headers: { Vary: 'accept-encoding', 'Cache-Control': 'max-age=9' } });
    const { visit, settled } = await newEdge();
    await visit(path);
    await settled();
    expect((await visit(path)).headers.get('X-Cache')).toBe('HIT');
  });

  it('writes nothing for query strings that are made up, and asked for once', async () => {
    const counting = otherKv();
    const { visit, settled } = await newEdge({ GOBLIN_KV: counting.kv });
    await Promise.all(Array.from({ length: 15 }, () => visit(ordered())));
    await settled();
    expect(counting.writes).toEqual([]);
  });

  it('writes at most thirty a minute, whatever is asked for', async () => {
    const counting = otherKv();
    const { visit, settled } = await newEdge({ GOBLIN_KV: counting.kv });
    for (let i = 0; i < 45; i++) {
      const path = ordered();
      await visit(path, { ip: `192.0.2.${i}` });
      await settled();
      await visit(path, { ip: `192.0.2.${i}` });
    }
    await settled();
    const written = counting.writes.length;
    expect(written).toBeGreaterThan(25);
    // A minute of the clock may have turned meanwhile.
    expect(written).toBeLessThanOrEqual(45);
    expect(new Set(counting.writes).size).toBe(written);
  });

  it('keeps headers, too, and counts the age that the response came with', async () => {
    const headers = {
      ETag: '"1"',
      'Cache-Control': 'max-age=100',
      Age: '7',
      'Content-Language': 'en',
    };
    const path = ordered({ headers });
    const first = await newEdge();
    await first.visit(path);
    await first.settled();
    for (const edge of [first, await newEdge()]) {
      const hit = await edge.visit(path);
      expect(hit.headers.get('X-Cache')).toBe('HIT');
      expect(hit.headers.get('ETag')).toBe('"1"');
      expect(hit.headers.get('Cache-Control')).toBe('max-age=100');
      expect(hit.headers.get('Content-Language')).toBe('en');
      expect(Number(hit.headers.get('Age'))).toBeGreaterThanOrEqual(7);
      await edge.settled();
    }
  });

  it('serves nothing that is no longer fresh', async () => {
    const path = ordered();
    const metadata = {
      status: 200,
      content_type: 'text/plain',
      cached_at: Date.now() - 20_000,
      fresh_until: Date.now() - 1,
    };
    await kv.put(`cache:${path}`, 'old', { metadata });
    const { visit } = await newEdge();
    expect(await look(await visit(path))).toEqual([200, 'MISS', 'made to order']);
  });

  it('writes to KV only what stays fresh for a minute', async () => {
    const counting = otherKv();
    const { visit, settled } = await newEdge({ GOBLIN_KV: counting.kv });
    for (const age of [59, 90]) {
      const path = ordered({ headers: { 'Cache-Control': `max-age=${age}` } });
      for (let i = 0; i < 2; i++) {
        await visit(path);
        await settled();
      }
    }
    expect(counting.writes).toHaveLength(1);
    const [row] = await listed(counting.writes[0] ?? '');
    expect(Math.abs((row?.expiration ?? 0) - Date.now() / 1000 - 90)).toBeLessThan(3);
  });

  it('keeps headers that do not fit into metadata in the isolate, and counts that', async () => {
    const counting = otherKv();
    const { visit, settled } = await newEdge({ GOBLIN_KV: counting.kv });
    const path = ordered({ policy: 1500 });
    for (let i = 0; i < 3; i++) {
      await visit(path);
      await settled();
    }
    expect((await visit(path)).headers.get('X-Policy')).toHaveLength(1500);
    expect(counting.writes).toEqual([]);
    const { droppedCounts } = await import('../../worker/src/dropped.ts');
    expect(Object.keys(droppedCounts().cache ?? {})).toEqual(['metadata_too_large']);
  });

  it('has the paths that CACHE_PATHS names', async () => {
    const { visit, settled } = await newEdge({ CACHE_PATHS: '/api/models, /api/static/*' });
    for (const path of ['/api/models', '/api/static/a/b']) {
      await kv.delete(`cache:${path}`);
      await visit(path);
      await settled();
      expect((await visit(path)).headers.get('X-Cache')).toBe('HIT');
      await settled();
    }
    expect((await visit('/models')).headers.get('X-Cache')).toBeNull();
  });

  it('keeps apart what depends on the flags that CACHE_BY_FLAGS names', async () => {
    const path = ordered();
    const asked = async (document: object) => {
      await kv.put('feature_flags', JSON.stringify(document));
      const { visit, settled } = await newEdge({ CACHE_BY_FLAGS: 'new_ui_enabled, dark' });
      const answers: (string | null)[] = [];
      for (let i = 0; i < 2; i++) {
        answers.push((await visit(path)).headers.get('X-Cache'));
        await settled();
      }
      return answers;
    };
    expect(await asked({ other: true })).toEqual(['MISS', 'HIT']);
    expect(await asked({ new_ui_enabled: true, dark: true })).toEqual(['MISS', 'HIT']);
    expect(await asked({ new_ui_enabled: true, dark: true, other: true })).toEqual(['HIT', 'HIT']);
    const keys = (await listed(`cache:${path}`)).map(({ name }) => name);
    expect(keys.sort()).toEqual([`cache:${path}`, `cache:${path}#dark,new_ui_enabled`]);
    await kv.delete('feature_flags');
  });

  it('forwards a query string too long for a key', async () => {
    const { visit } = await newEdge();
    expect((await visit(`/models?${'x'.repeat(600)}`)).status).toBe(200);
  });
});
