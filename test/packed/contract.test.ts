/** The contract with scripts: exit codes, streams, formats, errors and help of the installed package. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MemoryApi, serveMemoryApi } from '../memory-server.ts';
import { emptyFolder, finish, goblin, NAMESPACE, start, TOKEN, target } from './goblin.ts';

let api: MemoryApi;
beforeAll(async () => {
  api = await serveMemoryApi();
});
afterAll(() => api.close());
beforeEach(() => {
  api.answer = () => undefined;
  api.stubborn.clear();
  api.fill([
    ['a:1', { value: 'one', metadata: { n: 1 } }],
    ['a:2', { value: 'two', expiration: 4_102_444_800 }],
    ['bytes', { value: Buffer.from('AP8N', 'base64') }],
    ['feature_flags', { value: '{"api_enabled":true,"new_ui_enabled":false}' }],
  ]);
});

const remote = (line: string, stdin?: string | Uint8Array) =>
  goblin(`${line} --namespace-id ${NAMESPACE}`, {
    env: target(api),
    ...(stdin === undefined ? {} : { stdin }),
  });

const refuse = (status: number, code: number, message: string) => () => ({
  status,
  body: JSON.stringify({ success: false, errors: [{ code, message }], result: null }),
});

describe('exit code', () => {
  it('0: done; a value is stored and given back byte for byte', async () => {
    const value = Buffer.from([0, 0xff, 0x0d, 0x0a, 0xc3]);
    expect(await remote('kv put some:bytes -', value)).toMatchObject({ code: 0 });
    const { code, bytes, stderr } = await remote('kv get some:bytes');
    expect([code, stderr]).toEqual([0, '']);
    expect(bytes.equals(value)).toBe(true);
  });

  it.each<[number, string, string, (() => void)?]>([
    [1, 'failed', 'kv list', () => (api.answer = () => ({ body: '<html>' }))],
    [2, 'usage', 'kv list -o jsom'],
    [3, 'not found', 'kv get none'],
    [4, 'no permission', 'kv get a:1', () => (api.answer = refuse(403, 10000, 'no'))],
    [5, 'partly done', 'kv delete a:1 a:2 --yes', () => api.stubborn.add('a:2')],
    [6, 'not confirmed', 'kv delete a:1'],
    [7, 'quota', 'kv put k v', () => (api.answer = refuse(403, 10048, 'free plan limit exceeded'))],
    [8, 'a difference', 'flags test new_ui_enabled=true'],
  ])('%i: %s', async (code, _, line, given) => {
    given?.();
    const ran = await remote(line);
    expect(ran.code).toBe(code);
    expect(ran.stderr).not.toMatch(/\n\s+at |undefined|\[object|unexpected/);
    expect(ran.stderr).not.toContain(TOKEN);
  });

  it('1: the API cannot be reached', async () => {
    const gone = await serveMemoryApi();
    await gone.close();
    const line = `kv put k v --namespace-id ${NAMESPACE}`;
    const { code, stderr } = await goblin(line, { env: target(gone) });
    expect([code, stderr]).toEqual([1, expect.stringContaining('ECONNREFUSED')]);
  });

  it('4: there is no target in a bare home', async () => {
    const { code, stdout, stderr } = await goblin('kv list');
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('CLOUDFLARE_API_TOKEN');
  });

  it('130: Ctrl-C while it reads stdin, and how to go on', async () => {
    const child = start(`kv import - --namespace-id ${NAMESPACE}`, { env: target(api) });
    const ended = finish(child);
    child.stdin.write('{"key":"i","value":"1"}\n');
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([130, expect.stringContaining('--from-line 1')]);
  });

  it('130: Ctrl-C while a request is under way', async () => {
    let asked = () => {};
    const request = new Promise<void>((resolve) => {
      asked = resolve;
    });
    api.answer = () => {
      asked();
      return null;
    };
    const child = start(`kv get a:1 --namespace-id ${NAMESPACE}`, { env: target(api) });
    const ended = finish(child);
    await request;
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stdout: '' });
  });
});

describe('errors', () => {
  it('are told with what to do next, on stderr', async () => {
    const { stdout, stderr } = await remote('kv get none');
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^goblin: there is no key none\n {2}\S.*\n$/);
  });

  it.each([
    ['kv get none', 'key_not_found'],
    ['kv lst', 'unknown_command'],
    ['kv get', 'missing_argument'],
    ['kv delete a:1', 'not_confirmed'],
  ])('are one object with --json: %s', async (line, code) => {
    const { stdout, stderr } = await remote(`${line} --json`);
    expect(stdout).toBe('');
    const last = stderr.trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toEqual({
      error: {
        code,
        message: expect.any(String),
        hint: expect.any(String),
        retryable: false,
        request_id: null,
      },
    });
  });

  it('name Cloudflare’s request', async () => {
    api.answer = () => ({ status: 403, body: '{}', headers: { 'cf-ray': 'ray-7' } });
    expect((await remote('kv get a:1')).stderr).toContain('request ray-7');
    const { error } = JSON.parse((await remote('kv get a:1 --json')).stderr);
    expect(error.request_id).toBe('ray-7');
  });

  describe('that nobody expected', () => {
    const folder = emptyFolder();
    const fault = join(folder, 'fault.cjs');
    beforeAll(() =>
      writeFileSync(fault, "require('node:net').isIPv4 = () => { throw new TypeError('boom') };"),
    );
    const broken = (line: string) =>
      goblin(`${line} --namespace-id ${NAMESPACE}`, {
        env: { ...target(api), NODE_OPTIONS: `--require ${fault}` },
      });

    it('are told in a line, and with --verbose by the source files', async () => {
      expect((await broken('kv get a:1')).stderr).toMatch(/^goblin: unexpected: boom\n {2}.*\n$/);
      const { code, stderr } = await broken('kv get a:1 --verbose');
      expect(code).toBe(1);
      expect(stderr).toContain('TypeError: boom\n');
      const [, line = '0'] = /src\/config\/api-base\.ts:(\d+):\d+/.exec(stderr) ?? [];
      const source = readFileSync('src/config/api-base.ts', 'utf8').split('\n');
      expect(source[Number(line) - 1]).toContain('isIPv4(');
      expect(stderr).toMatch(/src\/commands\/kv\/get\.ts:\d+/);
    });
  });
});

describe('formats', () => {
  it.each([
    ['json', /^\[\n/],
    ['ndjson', /^\{"key":"a:1".*\}\n\{"key":"a:2"/],
    ['csv', /^key,.*\na:1,.*\na:2,/],
    ['table', /^KEY .*\na:1 .*\na:2 /],
  ])('%s', async (format, shown) => {
    const { code, stdout, stderr } = await remote(`kv list a: -o ${format}`);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(shown);
    expect(stdout).not.toContain('\u001b');
  });

  it('are a table in a pipe as on a terminal', async () => {
    expect((await remote('kv list a:')).stdout).toBe((await remote('kv list a: -o table')).stdout);
  });

  it('are an empty list, a bare header and nothing where there is nothing', async () => {
    const on = async (format: string) => (await remote(`kv list none: -o ${format}`)).stdout;
    expect(await on('json')).toBe('[]\n');
    expect(await on('ndjson')).toBe('');
    expect(await on('csv')).toMatch(/^key,[a-z_,]+\n$/);
    expect(await on('table')).toBe('');
  });

  it('load the schemas of what is stored', async () => {
    const { code, stdout } = await remote('flags list --json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({ flag: 'api_enabled', value: true }),
    );
  });
});

describe('help', () => {
  it('is the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await goblin('--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it('tells every noun, and of each verb its examples and options', async () => {
    const { code, stdout } = await goblin('--help');
    expect(code).toBe(0);
    for (const noun of ['flags', 'sessions', 'ratelimit', 'kv', 'dev', 'doctor', 'Exit codes']) {
      expect(stdout).toContain(noun);
    }
    const verb = await goblin('kv put --help');
    expect(verb).toMatchObject({ code: 0, stderr: '' });
    expect(verb.stdout).toMatch(/Usage: goblin kv put[\s\S]*Examples:[\s\S]*Options:/);
    expect((await goblin('help kv put')).stdout).toBe(verb.stdout);
  });

  it('is told by every command: each file that is loaded when it is used can be loaded', async () => {
    const reference = readFileSync('docs/commands.md', 'utf8');
    const commands = [...reference.matchAll(/^### goblin ([a-z\d]+(?: [a-z]+)?)/gm)].map(
      ([, line]) => line,
    );
    expect(commands.length).toBeGreaterThan(40);
    for (const command of commands) {
      const { code, stdout, stderr } = await goblin(`${command} --help`);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`Usage: goblin ${command}`);
    }
  });

  it('is on stderr with exit 2 where a verb is missing', async () => {
    const { code, stdout, stderr } = await goblin('kv');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('import');
  });

  it('says what was meant', async () => {
    const { code, stderr } = await goblin('ratelimt list');
    expect([code, stderr]).toEqual([2, expect.stringContaining('Did you mean ratelimit?')]);
  });
});
