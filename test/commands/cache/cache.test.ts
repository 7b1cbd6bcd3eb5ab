import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { MEMORY_ENV, memoryApi } from '../../memory-api.ts';
import { type RunOptions, run as runLine } from '../../run.ts';
import { type Seed, seed } from '../../seed.ts';
import { stored, wipe } from '../../stored.ts';

const NOW = Date.UTC(2026, 0, 1, 12);

const engine = useEngine();

const run = (line: string | readonly string[], options: RunOptions = {}) =>
  runLine(line, { engine, now: NOW, ...options });
const paths = (rows: unknown) => (rows as { path: string }[]).map(({ path }) => path);
const left = async () => (await stored(engine, 'cache:')).map((key) => key.replace('cache:', ''));

function cached(path: string, age = 60, body = '{}'): Seed {
  const metadata = {
    status: 203,
    content_type: 'application/json',
    size: body.length,
    cached_at: NOW - age * 1000,
  };
  return { key: `cache:${path}`, value: body, metadata };
}

const PATHS = ['/health', '/models', '/models-v2', '/models.json', '/models/9', '/models?x=1'];

beforeEach(async () => {
  await wipe(engine);
  await seed(
    engine,
    PATHS.map((path) => cached(path)),
  );
});

describe('cache list', () => {
  it('shows what the list carries, and reads nothing', async () => {
    const { code, json, stderr } = await run('cache list --json --verbose');
    expect(code).toBe(0);
    expect(paths(json())).toEqual(PATHS);
    expect(json()).toContainEqual({
      path: '/models',
      status: 203,
      content_type: 'application/json',
      size: 2,
      cached_at: '2026-01-01T11:59:00.000Z',
      expires_at: null,
    });
    expect(stderr).toContain('1 request · 1 list ·');
  });

  it.each([
    ['age', ['/c', '/a', '/b']],
    ['size', ['/b', '/c', '/a']],
    ['path', ['/a', '/b', '/c']],
  ])('sorts by %s', async (order, expected) => {
    await wipe(engine);
    await seed(engine, [cached('/a', 30), cached('/b', 10, '{"b":12}'), cached('/c', 200, '{  }')]);
    expect(paths((await run(`cache list --sort ${order} --json`)).json())).toEqual(expected);
  });

  it('says why nothing is there', async () => {
    await wipe(engine);
    expect((await run('cache list')).stderr).toContain('Nothing is cached');
  });
});

describe('cache show', () => {
  it('shows one response as its metadata has it', async () => {
    const { code, json } = await run('cache show /models --json');
    expect([code, json()]).toEqual([0, expect.objectContaining({ path: '/models', status: 203 })]);
  });

  it('reads an old one that has no metadata', async () => {
    await seed(engine, [{ key: 'cache:/old', value: '[1]' }]);
    const { json } = await run('cache show /old --json');
    expect(json()).toMatchObject({ path: '/old', size: 3, content_type: 'application/json' });
  });

  it('gives the body as it is', async () => {
    await seed(engine, [cached('/settings', 1, '{"a": 1}\r\n\u001b[2J')]);
    expect((await run('cache show /settings --body')).stdout).toBe('{"a": 1}\r\n\u001b[2J');
    const shown = await run('cache show /settings --body', { tty: true });
    expect(shown.stdout).not.toContain('\u001b');
  });

  it.each(['cache show /mod', 'cache show /models?x=2', 'cache show /mod --body'])(
    'is exit 3 where nothing is kept: %s',
    async (line) => {
      const { code, stderr } = await run(line);
      expect([code, stderr]).toEqual([3, expect.stringContaining('is not cached')]);
    },
  );

  it.each([
    ['cache show models', 'Did you mean /models?'],
    ['cache show https://edge.example.com/models?x=1', 'Did you mean /models?x=1?'],
  ])('refuses %s', async (line, hint) => {
    const { code, stderr } = await run(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(hint)]);
  });
});

describe('cache purge', () => {
  it.each([
    ['/models', '', ['/models', '/models?x=1']],
    ['/models?x=1', '', ['/models?x=1']],
    ['/models /models?x=1 /health', '', ['/models', '/models?x=1', '/health']],
    ['- /health', '/models/9\n/models-v2\n', ['/models/9', '/models-v2', '/health']],
    ['--prefix /models', '', PATHS.slice(1)],
    ['--prefix /models?', '', ['/models?x=1']],
    ['--all', '', PATHS],
  ])('%s', async (what, stdin, gone) => {
    const { code, json } = await run(`cache purge ${what} --yes --json`, { stdin });
    expect([code, paths(json())]).toEqual([0, gone]);
    expect(await left()).toEqual(PATHS.filter((path) => !gone.includes(path)));
  });

  it('takes two lists for a path, whatever its neighbours, and no read', async () => {
    const { stderr } = await run('cache purge /models --yes --verbose');
    expect(stderr).toContain('3 requests · 2 lists · 2 deletes');
  });

  it('takes all variants of a path, and one of them alone where that is named', async () => {
    const keys = ['/models', '/models#a,b', '/models!x', '/models$', '/models?q', '/models?q#a'];
    const stored = () => memoryApi(keys.map((path) => ({ key: `cache:${path}` })));
    const purge = async (path: string) =>
      paths((await onMemory(`cache purge ${path} --yes --json`, stored().fetch)).json());
    expect((await purge('/models')).sort()).toEqual(
      ['/models', '/models#a,b', '/models?q', '/models?q#a'].sort(),
    );
    expect(await purge('/models?q')).toEqual(['/models?q', '/models?q#a']);
    expect(await purge('/models#a,b')).toEqual(['/models#a,b']);
  });

  it('finds the path behind thousands of its neighbours', async () => {
    const neighbours = Array.from({ length: 3000 }, (_, i) => ({ key: `cache:/models-${i}` }));
    const api = memoryApi([...neighbours, { key: 'cache:/models' }, { key: 'cache:/models?a' }]);
    const { code, json, stderr } = await onMemory('cache purge /models --yes --json -v', api.fetch);
    expect([code, paths(json())]).toEqual([0, ['/models', '/models?a']]);
    expect(stderr).toContain('3 requests');
    expect(api.records.size).toBe(3000);
  });

  it('purges 10,000 responses in 11 requests, old ones without metadata too', async () => {
    const api = memoryApi(Array.from({ length: 10_000 }, (_, i) => ({ key: `cache:/p/${i}` })));
    const { code, stderr } = await onMemory('cache purge --all --yes -v', api.fetch);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('11 requests · 10 lists · 10,000 deletes'),
    ]);
    expect(api.records.size).toBe(0);
  });

  it('takes a path that fills a whole key', async () => {
    const path = `/${'p'.repeat(505)}`;
    await seed(engine, [cached(path)]);
    expect((await run(['cache', 'purge', path, '--yes'])).code).toBe(0);
    expect(await left()).toEqual(PATHS);
    expect((await run(['cache', 'purge', `${path}p`, '--yes'])).code).toBe(2);
  });

  it('names what is absent, and is exit 3 where all of it is', async () => {
    const { code, json } = await run('cache purge /health /nothing --yes --json');
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { path: '/health', result: 'purged' },
      { path: '/nothing', result: 'absent' },
    ]);
    expect((await run('cache purge /nothing --yes')).code).toBe(3);
  });

  it.each([
    ['cache purge --yes', 2, 'nothing is named'],
    ['cache purge /models --all --yes', 2, '<path…> and --all exclude each other'],
    ['cache purge --prefix models --yes', 2, 'Did you mean /models?'],
    ['cache purge models --yes', 2, 'Did you mean /models?'],
    ['cache purge --all --warm edge.example.com --yes', 2, 'not a valid address of an edge'],
    [
      'cache purge --all --warm https://edge.example.com/api --yes',
      2,
      'not a valid address of an edge',
    ],
    ['cache purge --all --warm ftp://edge.example.com --yes', 2, 'not a valid address of an edge'],
    ['cache purge --all', 6, 'this would purge 6 cached responses; nothing was changed'],
    ['cache purge --all --yes --max-ops 5', 2, 'more than --max-ops 5'],
    ['cache purge --all --dry-run --warm https://e.example', 0, 'Would purge 6 cached responses'],
  ])('changes nothing at %s', async (line, exit, message) => {
    const { code, stderr } = await run(line);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(message)]);
    expect(await left()).toEqual(PATHS);
  });
});

describe('cache purge --warm', () => {
  const EDGE = 'https://edge.example.com';
  let asked: string[];
  beforeEach(() => {
    asked = [];
  });

  /** The edge answers as told; all else goes to the engine. */
  function edge(answer: (path: string) => Response | Promise<Response>): RunOptions {
    return {
      fetch: async (url, init) => {
        if (url.startsWith(engine.apiUrl)) return fetch(url, init);
        asked.push(url);
        return answer(url.slice(EDGE.length));
      },
    };
  }

  it('asks the edge for each purged path, and twice where only a second request is kept', async () => {
    const { code, stderr } = await run(
      `cache purge /models /health --yes --warm ${EDGE}/`,
      edge(() => new Response('{}', { headers: { 'x-cache': 'MISS' } })),
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Asked ${EDGE} for 3: 3 × 200.`)]);
    expect(asked.sort()).toEqual(
      ['/health', '/models', '/models?x=1', '/models?x=1'].map((path) => EDGE + path),
    );
  });

  it('is exit 5 where the edge fails, and names what; the purge holds', async () => {
    const { code, stderr } = await run(
      `cache purge --all --yes --warm ${EDGE}`,
      edge((path) => {
        if (path === '/health') return Promise.reject(new TypeError('fetch failed'));
        return new Response('', { status: path === '/models' ? 503 : 200 });
      }),
    );
    expect(code).toBe(5);
    expect(stderr).toContain('/health: fetch failed');
    expect(stderr).toContain('/models: status 503');
    expect(stderr).toContain('purged, but 2 of 6 could not be fetched again');
    expect(await left()).toEqual([]);
  });

  const hit = (age: number) =>
    new Response('{}', { headers: { 'x-cache': 'HIT', age: String(age) } });

  it('asks again until the edge knows of the purge', async () => {
    let times = 0;
    const waits: number[] = [];
    const { code, stderr } = await run(`cache purge /models?x=1 --yes --warm ${EDGE}`, {
      ...edge(() =>
        ++times < 3 ? hit(9) : new Response('{}', { headers: { 'x-cache': 'MISS' } }),
      ),
      onSleep: (ms) => void waits.push(ms),
    });
    expect([code, waits]).toEqual([0, [3000, 3000]]);
    // Twice in vain, then once to fetch it and once to have it kept.
    expect(asked).toHaveLength(4);
    expect(stderr).toContain("1 path is still answered from the edge's memory");
    expect(stderr).toContain('for 1: 1 × 200.');
  });

  it('is exit 5 where the edge never learns of the purge', async () => {
    const { code, stderr } = await run(
      `cache purge /health --yes --warm ${EDGE}`,
      edge(() => hit(9)),
    );
    expect([code, stderr]).toEqual([5, expect.stringContaining('/health: still from before')]);
    expect(asked).toHaveLength(13);
  });

  it('takes a response that another client had fetched anew since', async () => {
    let clock = NOW;
    const { code } = await run(`cache purge /health --yes --warm ${EDGE}`, {
      ...edge(() => {
        clock += 5000;
        return hit(2);
      }),
      now: () => clock,
    });
    expect([code, asked.length]).toEqual([0, 1]);
  });

  it('asks nobody but the edge, whatever is stored', async () => {
    await wipe(engine);
    await seed(engine, [cached('//evil.example/x'), cached('/@evil.example/')]);
    await run(
      `cache purge --all --yes --warm ${EDGE}`,
      edge(async () => new Response('{}')),
    );
    expect(asked.map((url) => new URL(url).host)).toEqual(['edge.example.com', 'edge.example.com']);
  });

  it('asks for nothing where nothing was purged', async () => {
    const lines = [
      'cache purge /nothing --yes',
      'cache purge --all --dry-run',
      'cache purge --all',
    ];
    for (const line of lines) {
      await run(
        `${line} --warm ${EDGE}`,
        edge(async () => new Response('{}')),
      );
    }
    expect(asked).toEqual([]);
  });
});

describe('cache stats', () => {
  it('counts what is kept, and how often it was of use', async () => {
    const event = (ago: number, event_type: string, i: number): Seed => ({
      key: `analytics:${NOW - ago * 60_000 - i}:203.0.113.9`,
      value: '{}',
      metadata: { method: 'GET', path: '/models', event_type, duration_ms: 1 },
    });
    await seed(engine, [
      cached('/old', 250),
      ...['cache_hit', 'cache_hit', 'cache_miss', 'request'].map((type, i) => event(5, type, i)),
      event(90, 'cache_miss', 0),
    ]);
    const { code, json } = await run('cache stats --json');
    expect(code).toBe(0);
    expect(json()).toEqual({
      entries: 7,
      size: 14,
      oldest: '2026-01-01T11:55:50.000Z',
      newest: '2026-01-01T11:59:00.000Z',
      since: '2026-01-01T11:00:00.000Z',
      hits: 2,
      misses: 1,
      hit_share: 66.7,
    });
    expect((await run('cache stats --since 2h --json')).json()).toMatchObject({ hit_share: 50 });
  });

  describe('among events of Workers that did not tell a miss', () => {
    const event = (i: number, fields: object): Seed => ({
      key: `analytics:${NOW - 60_000 - i}:203.0.113.9`,
      value: JSON.stringify({ method: 'GET', path: '/models', ...fields }),
    });
    const hit = event(0, { event: 'cache_hit' });

    it.each([
      [{ event: 'success' }],
      [{ status: 'request_complete' }],
      [{ event_type: 'success', path: '/api/models/gpt-4' }],
      [{ event_type: 'success', method: null, path: null }],
    ])('knows no share with %j among them', async (fields) => {
      await seed(engine, [hit, event(1, fields)]);
      const { code, json, stderr } = await run('cache stats --json');
      expect(code).toBe(0);
      expect(json()).toMatchObject({ hits: 1, misses: null, hit_share: null });
      expect(stderr).toContain('1 event of an older Worker does not tell');
    });

    it.each([
      [{ event: 'success', method: 'POST' }],
      [{ event: 'success', path: '/chat' }],
      [{ event: 'request' }],
    ])('knows it with %j, which was never cached', async (fields) => {
      await seed(engine, [hit, event(1, fields), event(2, { event: 'cache_miss' })]);
      const { json, stderr } = await run('cache stats --json');
      expect(json()).toMatchObject({ hits: 1, misses: 1, hit_share: 50 });
      expect(stderr).toBe('');
    });
  });

  it('knows no share where nobody asked', async () => {
    await wipe(engine);
    expect((await run('cache stats --json')).json()).toMatchObject({
      entries: 0,
      size: 0,
      oldest: null,
      hit_share: null,
    });
    expect((await run('cache stats --since soon')).code).toBe(2);
  });
});

function onMemory(line: string, api: NonNullable<RunOptions['fetch']>) {
  const namespace = ['--namespace-id', '0123456789abcdef0123456789abcdef'];
  return runLine([...namespace, ...line.split(' ')], { env: MEMORY_ENV, fetch: api });
}
