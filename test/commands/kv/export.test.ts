import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatLine, parseLine } from '../../../src/commands/kv/entry-line.ts';
import { useEngine } from '../../engine.ts';
import { useFolder } from '../../folder.ts';
import { type RunOptions, run } from '../../run.ts';
import { seed } from '../../seed.ts';

const TOKEN = 'kq3vJ8Xw2nR5tY7uB1mC4zL6pS9dF0gHaKeQiWoTxEV';

const engine = useEngine();
const folder = useFolder();

const kv = (line: string, options: RunOptions = {}) =>
  run(`kv ${line}`, { engine, cwd: folder, ...options });
const intoSpare = (line: string, options: RunOptions = {}) =>
  kv(`${line} --namespace-id ${engine.spare}`, options);
const lines = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const error = (stderr: string) => JSON.parse(stderr.slice(stderr.indexOf('{"error"'))).error;

describe('a line of an export', () => {
  const anyValue = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 40 }));
  const anyWrite = fc.record({
    name: fc.string({ unit: 'grapheme', minLength: 3, maxLength: 60 }),
    value: anyValue,
    expiration: fc.option(fc.integer({ min: 1, max: 4e9 })),
    metadata: fc.option(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })),
  });

  it('reads back as what was written, bytes included', () => {
    fc.assert(
      fc.property(anyWrite, (write) => {
        const line = formatLine(write);
        expect(line.trimEnd()).not.toContain('\n');
        const back = parseLine(line, 1);
        expect(Buffer.from(back.value)).toEqual(Buffer.from(write.value));
        expect(JSON.stringify({ ...back, value: 0 })).toBe(JSON.stringify({ ...write, value: 0 }));
      }),
    );
  });

  it.each([
    ['{"key":"a"', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['{"value":"1"}', 'key is not a text'],
    ['{"key":"..","value":"1"}', 'KV has no key'],
    ['{"key":"a","value":1}', 'value is not a text'],
    ['{"key":"a","value":"?","base64":true}', 'value is not base64'],
    ['{"key":"a","value":"1","expiration":"soon"}', 'expiration is not whole Unix seconds'],
    ['{"key":"a","value":"1","expiration_ttl":59}', 'expiration_ttl is not whole seconds from 60'],
    ['{"key":"a","value":"1","metdata":{}}', 'unknown field "metdata"'],
    [`{"key":"a","value":"1","metadata":"${'x'.repeat(1024)}"}`, 'at most 1024 bytes'],
  ])('is refused as %s', (text, why) => {
    expect(() => parseLine(text, 17)).toThrow(`line 17: `);
    expect(() => parseLine(text, 17)).toThrow(why);
  });
});

describe('kv export', () => {
  const many = Array.from({ length: 1005 }, (_, i) => `many:${10000 + i}`);

  beforeAll(async () => {
    await seed(engine, [
      ...many.map((key) => ({ key, value: 'v' })),
      { key: 'some:text', value: 'é\n', metadata: { a: 1 }, ttl: 3600 },
      { key: `session:${TOKEN}`, value: '{}', metadata: { user_id: 'u_1' }, ttl: 600 },
    ]);
    await engine.kv('/values/some:bytes', { method: 'PUT', body: new Uint8Array([0xff, 0xfe]) });
  });

  it('comes back whole by an import', async () => {
    const { code, stdout, stderr } = await kv('export s --reveal');
    expect(code).toBe(0);
    expect(stderr).toContain('3 keys exported');
    await writeFile(join(folder, 'all.ndjson'), stdout);
    const imported = await intoSpare('import all.ndjson --json');
    expect(imported.json()).toMatchObject({ written: 3, conflicts: 0 });
    expect((await intoSpare('export s --reveal')).stdout).toBe(stdout);
  });

  it('keeps bearer secrets back unless asked', async () => {
    const { stdout, stderr } = await kv('export s');
    expect(stdout).not.toContain('session:');
    expect(stderr).toContain('1 session left out');
    expect((await kv('export s --no-secrets')).stderr).not.toContain('left out');
    expect((await kv('export session:')).code).toBe(2);
  });

  it('goes on from its resume file after an end in its midst, with no key twice or lost', async () => {
    let pages = 0;
    const options: RunOptions = {
      fetch: async (url, init) =>
        url.includes('/keys') && ++pages === 2 ? new Response('<html>') : fetch(url, init),
    };
    const first = await kv('export many: --resume-file place.json -v', options);
    expect(first.code).toBe(1);
    expect(first.stderr).toContain('Run the same command again to go on.');
    expect(first.stderr).toContain('12 requests · 2 lists · 1,000 reads');
    expect((await kv('export some: --resume-file place.json')).stderr).toContain('another export');
    const second = await kv('export many: --resume-file place.json');
    expect(second.stderr).toContain('going on after 1,000 keys');
    const lines = (first.stdout + second.stdout).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).key)).toEqual(many);
    await expect(readFile(join(folder, 'place.json'))).rejects.toThrow('ENOENT');
  });

  it('refuses a format that is none of its own', async () => {
    expect((await kv('export -o csv')).code).toBe(2);
  });
});

describe('kv import', () => {
  const spare = async (prefix: string) =>
    (
      (await intoSpare(`list ${prefix} --values --json`)).json() as { key: string; value: string }[]
    ).map(({ key, value }) => [key, value]);
  const two = lines({ key: 'im:a', value: '1' }, { key: 'im:b', value: '2' });

  beforeEach(async () => {
    await intoSpare('purge im: --yes');
    await intoSpare('put im:b old');
  });

  it('fails where a key is there already, before it writes', async () => {
    const { code, stderr } = await intoSpare('import - --json', { stdin: two });
    expect(code).toBe(1);
    expect(error(stderr)).toMatchObject({
      code: 'key_exists',
      message: expect.stringContaining('im:b (line 2)'),
    });
    expect(await spare('im:')).toEqual([['im:b', 'old']]);
  });

  it('skips or overwrites what is there, as it is told', async () => {
    const skipped = await intoSpare('import - --on-conflict skip --json', { stdin: two });
    expect(skipped.json()).toMatchObject({ written: 1, conflicts: 1, last_line: 2 });
    expect(await spare('im:')).toEqual([
      ['im:a', '1'],
      ['im:b', 'old'],
    ]);
    expect((await intoSpare('import - --on-conflict overwrite', { stdin: two })).code).toBe(6);
    await intoSpare('import - --on-conflict overwrite --yes', { stdin: two });
    expect(await spare('im:')).toEqual([
      ['im:a', '1'],
      ['im:b', '2'],
    ]);
  });

  it('writes nothing of a file with a wrong line, and names the line', async () => {
    await writeFile(join(folder, 'bad.ndjson'), `${lines({ key: 'im:a', value: '1' })}\n{oops\n`);
    const { code, stderr } = await intoSpare('import bad.ndjson');
    expect(code).toBe(2);
    expect(stderr).toContain('line 3: not JSON');
    expect(await spare('im:')).toEqual([['im:b', 'old']]);
  });

  it('writes what stood before a wrong line of stdin, and says where to go on', async () => {
    const { code, stderr, json } = await intoSpare('import - --json', {
      stdin: `${lines({ key: 'im:a', value: '1' })}{oops\n`,
    });
    expect(code).toBe(2);
    expect(json()).toMatchObject({ written: 1, last_line: 1 });
    expect(error(stderr).hint).toContain('--from-line 2');
    const rest = `${lines({ key: 'im:a', value: '1' })}${lines({ key: 'im:c', value: '3' })}`;
    expect(
      (await intoSpare('import - --from-line 2 --json', { stdin: rest })).json(),
    ).toMatchObject({ written: 1 });
  });

  it('lets the last line of a key win, and names what expires too soon', async () => {
    const soon = Math.floor(Date.now() / 1000) + 30;
    const stdin = lines(
      { key: 'im:a', value: '1' },
      { key: 'im:c', value: 'late', expiration: soon },
      { key: 'im:a', value: '2' },
    );
    const { json, stderr } = await intoSpare('import - --json --on-conflict overwrite --yes', {
      stdin,
    });
    expect(json()).toMatchObject({ written: 2, expired: 1 });
    expect(stderr).toContain('line 2: im:c expires too soon');
    expect(await spare('im:a')).toEqual([['im:a', '2']]);
  });

  it('is exit 5 where the API refused keys, and names them', async () => {
    const { code, stderr } = await intoSpare('import - --on-conflict skip --json', {
      stdin: two,
      fetch: async (url, init) => {
        if (!url.endsWith('/bulk')) return fetch(url, init);
        const result = { successful_key_count: 0, unsuccessful_keys: ['im:a'] };
        return Response.json({ success: true, errors: [], messages: [], result });
      },
    });
    expect(code).toBe(5);
    expect(stderr).toContain('line 1: im:a refused by the API');
  });

  it('writes nothing with --dry-run and tells what it would', async () => {
    const { json } = await intoSpare('import - --dry-run --json', { stdin: two });
    expect(json()).toMatchObject({ written: 1, conflicts: 1, result: 'planned' });
    expect(await spare('im:')).toEqual([['im:b', 'old']]);
  });
});
