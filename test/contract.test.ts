import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from './engine.ts';
import { run } from './run.ts';
import { seed } from './seed.ts';

const engine = useEngine();
beforeAll(async () => {
  await seed(engine, [{ key: 'ratelimit:203.0.113.9', value: '17', ttl: 3600 }]);
});

const TOKEN = 'a-very-secret-api-token';
const REMOTE = {
  CLOUDFLARE_API_TOKEN: TOKEN,
  CLOUDFLARE_ACCOUNT_ID: '0123456789abcdef0123456789abcdef',
};
const LIST = 'ratelimit list --namespace-id abc';

const answering =
  (status: number, body: string, type = 'application/json') =>
  async () =>
    new Response(body, { status, headers: { 'content-type': type, 'cf-ray': 'ray-1' } });
const refusing = (status: number, code: number, message: string) =>
  answering(status, JSON.stringify({ success: false, errors: [{ code, message }], result: null }));

describe('the target', () => {
  it('is never guessed in a pipe: exit 4 and what to set', async () => {
    const { code, stdout, stderr } = await run(LIST, { cwd: '/', env: { PATH: '' } });
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('CLOUDFLARE_API_TOKEN');
  });

  it('is told on stderr on a terminal, and only data is on stdout', async () => {
    const { stdout, stderr } = await run('ratelimit list', {
      engine,
      env: { NO_COLOR: '1' },
      tty: true,
      columns: 100,
    });
    expect(stderr).toMatch(/^remote · account 0123…cdef · namespace/);
    expect(stdout).toContain('203.0.113.9');
    expect((await run('ratelimit list', { engine })).stderr).toBe('');
  });
});

describe('bad input is exit 2 with the nearest right word', () => {
  it.each([
    ['ratelimt list', "unknown command 'ratelimt'", 'Did you mean ratelimit?'],
    ['ratelimit lst', "unknown command 'lst'", 'Did you mean list?'],
    ['ratelimit list --jsn', "unknown option '--jsn'", 'Did you mean --json?'],
    ['ratelimit sK9dTq2LxWv7RzPnB4mYc8HfJ3aEgUo1', "unknown command 'sK9d…'", 'goblin help'],
    ['ratelimit list -o jsom', 'unknown output format "jsom"', 'Did you mean json?'],
    ['ratelimit show 203.0.113', 'is no IP address', '203.0.113.9'],
    ['ratelimit show', "missing required argument 'ip'", 'goblin help'],
    ['ratelimit list --local --remote', '--local and --remote', 'Pass one'],
  ])('%s', async (line, message, hint) => {
    const { code, stdout, stderr } = await run(line, { env: REMOTE });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });

  it('as JSON where JSON was asked for', async () => {
    const { code, stderr } = await run('ratelimit show nonsense --json', { env: REMOTE });
    expect(code).toBe(2);
    expect(Object.keys(JSON.parse(stderr).error)).toEqual([
      'code',
      'message',
      'hint',
      'retryable',
      'request_id',
    ]);
  });
});

describe('what the API may do', () => {
  it.each([
    ['refuse the token', refusing(401, 10000, 'Authentication error'), 4, 'bad_token'],
    ['refuse the permission', refusing(403, 10000, 'Authentication error'), 4, 'no_permission'],
    ['be behind a proxy that wants a login', answering(407, '', 'text/plain'), 4, 'proxy_login'],
    [
      'know no such namespace',
      refusing(404, 10013, 'namespace not found'),
      3,
      'namespace_not_found',
    ],
    ['know no such account', refusing(404, 7003, 'could not route'), 3, 'account_not_found'],
    ['be down', answering(503, 'down', 'text/plain'), 1, 'api_error'],
    ['answer HTML', answering(200, '<html>\u001b]0;x\u0007', 'text/html'), 1, 'not_the_api'],
    ['answer HTML with an error', answering(502, '<html>', 'text/html'), 1, 'api_error'],
    ['say success:false with status 200', refusing(200, 10000, 'odd'), 1, 'api_failure'],
    ['stay over the rate limit', refusing(429, 971, 'Please wait'), 7, 'rate_limited'],
    ['be out of quota', refusing(403, 10048, 'free usage limit exceeded'), 7, 'quota_exceeded'],
  ])('%s', async (_name, fetch, code, word) => {
    const ran = await run(`${LIST} --json`, { env: REMOTE, fetch });
    const { error } = JSON.parse(ran.stderr.split('\n').at(-2) ?? '');
    expect({ code: ran.code, word: error.code, stdout: ran.stdout }).toEqual({
      code,
      word,
      stdout: '',
    });
    expect(error.request_id).toBe('ray-1');
    expect(ran.stderr).not.toMatch(/\n\s+at /);
    expect(ran.stderr).not.toContain(TOKEN);
  });

  it('be unreachable', async () => {
    const fetch = async () => {
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error(), { code: 'ENOTFOUND' }),
      });
    };
    const { code, stderr } = await run(LIST, { env: REMOTE, fetch });
    expect(code).toBe(1);
    expect(stderr).toContain('cannot reach api.cloudflare.com: ENOTFOUND');
  });

  it('ask for a pause, which is told and kept', async () => {
    const slept: number[] = [];
    let calls = 0;
    const { code, stderr } = await run(LIST, {
      env: REMOTE,
      onSleep: (ms) => void slept.push(ms),
      fetch: async () =>
        ++calls === 1
          ? new Response('{}', { status: 429, headers: { 'retry-after': '7' } })
          : new Response('{"success":true,"result":[],"result_info":{"cursor":""}}'),
    });
    expect({ code, slept }).toEqual({ code: 0, slept: [7000] });
    expect(stderr).toContain("waiting 7 s: Cloudflare's rate limit");
  });
});

describe('output', () => {
  it('is an empty array, a bare header, or a hint, where there is nothing', async () => {
    const empty = answering(200, '{"success":true,"result":[],"result_info":{"cursor":""}}');
    const on = (format: string) => run(`${LIST} -o ${format}`, { env: REMOTE, fetch: empty });
    expect((await on('json')).stdout).toBe('[]\n');
    expect((await on('ndjson')).stdout).toBe('');
    expect((await on('csv')).stdout).toMatch(/^ip,count,[a-z_,]+\n$/);
    const table = await on('table');
    expect(table.stdout).toBe('');
    expect(table.stderr).toContain('No bucket is open');
  });

  it('shows hostile text as text, and keeps it whole in JSON', async () => {
    const hostile = '\u001b]0;owned\u0007\u202e=cmd';
    const keys = [{ name: `ratelimit:${hostile}`, metadata: { count: 1 }, expiration: 4e9 }];
    const fetch = answering(200, JSON.stringify({ success: true, result: keys, result_info: {} }));
    const shown = await run(LIST, { env: REMOTE, fetch, tty: true });
    expect(shown.stdout.replace(/\u001b\[\d+m/g, '')).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u202e]/,
    );
    expect(shown.stdout).toContain('\\x1b]0;owned');
    const kept = await run(`${LIST} --json`, { env: REMOTE, fetch });
    expect(kept.json()).toMatchObject([{ ip: hostile }]);
  });

  it('has colour on a terminal only, and not where NO_COLOR or --no-color say so', async () => {
    const coloured = async (line: string, env = {}, tty = true) =>
      (await run(line, { engine, tty, env })).stdout.includes('\u001b[');
    expect(await coloured('ratelimit list')).toBe(true);
    expect(await coloured('ratelimit list', {}, false)).toBe(false);
    expect(await coloured('ratelimit list', { FORCE_COLOR: '1' }, false)).toBe(true);
    expect(await coloured('ratelimit list', { NO_COLOR: '1' })).toBe(false);
    expect(await coloured('ratelimit list --no-color')).toBe(false);
  });

  it('ends with the cost where --verbose asks', async () => {
    const { stderr } = await run('ratelimit show 203.0.113.9 -v', { engine });
    expect(stderr).toMatch(/^1 request · 1 read · \d+\.\d\d s\n$/);
  });
});

describe('an error that nobody expected', () => {
  const broken = { engine, now: () => broke() };
  const broke = () => {
    throw new TypeError('boom \u001b[2J', { cause: new RangeError('beneath') });
  };

  it('is told with its stack where --verbose asks', async () => {
    const { code, stderr } = await run('kv get k', broken);
    expect([code, stderr.trim().split('\n').length]).toEqual([1, 2]);
    expect(stderr).toContain('goblin: unexpected: boom');
    for (const word of ['-v', '--verbose']) {
      const { stderr } = await run(`kv get k ${word}`, broken);
      expect(stderr).toMatch(/TypeError: boom \\x1b\[2J\n +at .*contract\.test/);
      expect(stderr).toContain('caused by RangeError: beneath\n');
    }
  });

  it('has it in the object where JSON was asked for', async () => {
    const { error } = JSON.parse((await run('kv get k -v --json', broken)).stderr);
    expect(error).toMatchObject({ code: 'unexpected', stack: expect.stringMatching(/at .*test/) });
    const expected = await run('kv get -v --json', { env: REMOTE });
    expect(JSON.parse(expected.stderr).error).not.toHaveProperty('stack');
  });
});

describe('help', () => {
  it('begins with examples, and knows each noun by either way of asking', async () => {
    const { code, stdout } = await run('help ratelimit reset');
    expect(code).toBe(0);
    expect(stdout.indexOf('Examples:')).toBeLessThan(stdout.indexOf('Options:'));
    expect(stdout).toBe((await run('ratelimit reset --help')).stdout);
    expect((await run('--help')).stdout).toContain('ratelimit');
  });

  it('is on stderr with exit 2 where a verb is missing', async () => {
    const { code, stdout, stderr } = await run('ratelimit');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('reset');
  });
});
