import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { useFolder } from '../../folder.ts';
import { type RunOptions, run } from '../../run.ts';

const ACCOUNT = '0123456789abcdef0123456789abcdef';
const TOKEN = 'a-very-secret-api-token';
const ENV = { CLOUDFLARE_API_TOKEN: TOKEN, CLOUDFLARE_ACCOUNT_ID: ACCOUNT };
const BASE = `https://api.cloudflare.com/client/v4`;
const folder = useFolder();

interface Sent {
  method: string | undefined;
  url: string;
  body: string;
  type: string | null;
}

const envelope = (result: unknown) =>
  Response.json({ success: true, errors: [], messages: [], result });

/** Runs a line against an API that gives these answers, the last one for good. */
async function asking(
  line: string | string[],
  answers: (() => Response | Promise<Response>)[] = [() => envelope({ id: 1 })],
  options: RunOptions = {},
) {
  const sent: Sent[] = [];
  const fetch: NonNullable<RunOptions['fetch']> = async (url, { method, body, headers }) => {
    const text = await new Response(body ?? null).text();
    sent.push({ method, url, body: text, type: new Headers(headers).get('content-type') });
    const answer = answers[Math.min(sent.length, answers.length) - 1];
    if (!answer) throw new Error('no answer');
    return answer();
  };
  const ran = await run(line, { env: ENV, cwd: folder, fetch, ...options });
  return { ...ran, sent };
}

const refused = (code: string) => () =>
  Promise.reject(Object.assign(new Error(code), { code, syscall: 'connect' }));
const broken = () => Promise.reject(new TypeError('terminated'));

describe('goblin api', () => {
  it.each([
    ['api GET d1/database', `/accounts/${ACCOUNT}/d1/database`],
    ['api get /d1/database?page=2', `/accounts/${ACCOUNT}/d1/database?page=2`],
    [
      'api GET d1/database?page=2 -f name=a&b',
      `/accounts/${ACCOUNT}/d1/database?page=2&name=a%26b`,
    ],
    ['api GET /client/v4/user/tokens/verify', '/user/tokens/verify'],
    [`api GET /client/v4/accounts/${ACCOUNT}/d1/database`, `/accounts/${ACCOUNT}/d1/database`],
  ])('%s asks %s', async (line, path) => {
    const { code, sent } = await asking(line);
    expect(code).toBe(0);
    expect(sent).toMatchObject([{ method: 'GET', url: BASE + path, body: '' }]);
  });

  it('writes the answer as it came to a pipe, and laid out to a terminal', async () => {
    const text = '{"success":true,"errors":[],"result":{"big":12345678901234567890}}';
    const json = () => new Response(text, { headers: { 'content-type': 'application/json' } });
    expect((await asking('api GET d1/database', [json])).stdout).toBe(text);
    const { stdout } = await asking('api GET user', [() => envelope('\u001b[31m')], { tty: true });
    expect(stdout).toContain('{\n  "success": true,');
    expect(stdout).not.toContain('\u001b[31m');
  });

  it('writes status and headers before it with --include', async () => {
    const { stdout } = await asking('api GET user --include', [
      () => new Response('x', { status: 201, headers: { 'x-a': 'b' } }),
    ]);
    expect(stdout).toBe('HTTP 201\ncontent-type: text/plain;charset=UTF-8\nx-a: b\n\nx');
  });

  it('sends fields as a JSON body, and an input as it is', async () => {
    await writeFile(join(folder, 'bytes'), Buffer.from([0xff, 0x00]));
    const lines = ['-f name=x -f a=b=c', '--input @bytes', '--input {"a":1}'];
    const bodies = [];
    for (const input of lines) {
      const { sent, code } = await asking(`api POST d1/database ${input} --yes`.split(' '));
      expect(code).toBe(0);
      bodies.push([sent[0]?.method, sent[0]?.type, sent[0]?.body]);
    }
    expect(bodies).toEqual([
      ['POST', 'application/json', '{"name":"x","a":"b=c"}'],
      ['POST', 'application/octet-stream', '\ufffd\u0000'],
      ['POST', 'application/json', '{"a":1}'],
    ]);
    const { sent } = await asking('api PUT x --input - --yes', undefined, { stdin: '[2]' });
    expect(sent).toMatchObject([{ method: 'PUT', body: '[2]' }]);
  });

  it('fails as every other command does', async () => {
    const refusing = (status: number, code: number) => () =>
      Response.json(
        { success: false, errors: [{ code, message: `no ${TOKEN}` }], result: null },
        { status, headers: { 'cf-ray': 'ray-1' } },
      );
    const ran = await asking('api GET x --json', [refusing(403, 10000)]);
    expect([ran.code, ran.stdout]).toEqual([4, '']);
    expect(JSON.parse(ran.stderr).error).toMatchObject({
      code: 'no_permission',
      request_id: 'ray-1',
    });
    expect(ran.stderr).not.toContain(TOKEN);
    expect((await asking('api GET x', [refusing(404, 7003)])).code).toBe(3);
    const odd = await asking('api GET x', [refusing(200, 1)]);
    expect([odd.code, odd.stderr]).toEqual([1, expect.stringContaining('status 200')]);
  });

  it('sends a GET again, and any other only where it did not run', async () => {
    const ok = () => envelope(null);
    const busy = () => new Response('', { status: 429, headers: { 'retry-after': '1' } });
    const down = () => new Response('', { status: 502 });
    expect((await asking('api GET x', [down, broken, ok])).sent).toHaveLength(3);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const line = `api ${method} x --yes`;
      for (const answer of [busy, refused('ECONNREFUSED')]) {
        const { code, sent } = await asking(line, [answer, ok]);
        expect({ method, code, sent: sent.length }).toEqual({ method, code: 0, sent: 2 });
      }
      for (const answer of [down, broken]) {
        const { code, sent, stderr } = await asking(line, [answer, ok]);
        expect({ method, code, sent: sent.length }).toEqual({ method, code: 1, sent: 1 });
        expect(stderr).toContain('the write may or may not have been applied');
      }
    }
  });

  it('shows what it would send with --dry-run, a token in the path as a handle', async () => {
    const line = 'api DELETE storage/kv/namespaces/n/values/session%3AaVerySecretToken --dry-run';
    const { code, stderr, sent } = await asking(line);
    expect([code, sent]).toEqual([0, []]);
    expect(stderr).toMatch(/^DELETE storage\/kv\/namespaces\/n\/values\/session:s_\w{10}, without/);
  });

  it('says on stderr what it works on before it changes something', async () => {
    const { stderr } = await asking('api POST x --yes');
    expect(stderr).toContain('remote · account 0123…cdef');
    expect((await asking('api GET x')).stderr).toBe('');
    const onTerminal = await asking('api GET x', undefined, { tty: true });
    expect(onTerminal.stderr).toContain(' · account 0123…cdef');
  });
});

describe('goblin api on a local engine', () => {
  const engine = useEngine();

  it('makes, finds and deletes a namespace', async () => {
    const made = await run('api POST storage/kv/namespaces -f title=by-hand --yes', { engine });
    const { result } = made.json() as { result: { id: string } };
    const found = await run('api GET storage/kv/namespaces -f per_page=100', { engine });
    expect(found.stdout).toContain('by-hand');
    const path = `storage/kv/namespaces/${result.id}`;
    expect((await run(`api DELETE ${path} --yes`, { engine })).code).toBe(0);
    expect((await run(`api GET ${path}`, { engine })).code).toBe(3);
  });

  it('writes and reads a value byte for byte', async () => {
    const path = `storage/kv/namespaces/${engine.namespace}/values/raw`;
    await run(['api', 'PUT', path, '--input', '{"success":false,"errors":[]}', '--yes'], {
      engine,
    });
    expect((await run(`api GET ${path}`, { engine })).stdout).toBe('{"success":false,"errors":[]}');
  });
});
