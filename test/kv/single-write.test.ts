/** Commands that write one key: each goes as a bulk request of one pair. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../engine.ts';
import { useFolder } from '../folder.ts';
import { run } from '../run.ts';

const engine = useEngine();
const folder = useFolder();

const stored = async (key: string) =>
  Buffer.from(await (await engine.kv(`/values/${encodeURIComponent(key)}`)).arrayBuffer());

const LARGE = { timeout: 60_000 };

/** The engine, which refuses the only pair of the first `times` bulk writes. */
function refusing(times: number) {
  const bodies: { key: string }[][] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (!url.endsWith('/bulk')) return globalThis.fetch(url, init);
    const pairs = JSON.parse(String(init.body));
    bodies.push(pairs);
    if (bodies.length > times) return globalThis.fetch(url, init);
    const result = { successful_key_count: 0, unsuccessful_keys: [pairs[0].key] };
    return Response.json({ success: true, errors: [], messages: [], result });
  };
  return { fetch, bodies };
}

describe('a value is stored byte for byte', () => {
  const text = fc.string({ unit: 'binary' }).map((value) => Buffer.from(value));
  const bytes = fc.uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value));

  it('whatever it holds', LARGE, async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, bytes), async (value) => {
        const { code } = await run('kv put bytes -', { engine, stdin: value });
        expect(code).toBe(0);
        expect((await stored('bytes')).equals(value)).toBe(true);
      }),
      { numRuns: 40, examples: [[Buffer.from('\ufeffa\r\nb\rc\n\0')], [Buffer.alloc(0)]] },
    );
  });

  it('25 MiB of text', LARGE, async () => {
    const value = Buffer.alloc(25 * 2 ** 20, 'a');
    const path = join(folder, 'text');
    await writeFile(path, value);
    expect((await run(`kv put large @${path}`, { engine })).code).toBe(0);
    expect((await stored('large')).equals(value)).toBe(true);
  });
});

it('carries metadata and a life, and those that were there before', async () => {
  const { fetch, bodies } = refusing(0);
  const line = `kv put life v --ttl 2h --metadata '{"a":1}'`;
  expect(await run(line, { engine, fetch })).toMatchObject({ code: 0 });
  const expiration = Number((await engine.kv('/values/life')).headers.get('expiration'));
  expect(expiration).toBeGreaterThan(0);
  await run('kv put life w', { engine, fetch });
  expect(bodies.at(-1)).toEqual([{ key: 'life', value: 'w', expiration, metadata: { a: 1 } }]);
});

describe('a key that the API refuses', () => {
  beforeEach(() => engine.kv('/values/feature_flags', { method: 'DELETE' }));

  const lines = [
    ['kv put k v'],
    ['flags set new_ui_enabled true'],
    ['sessions create --user u_1'],
    ['ratelimit block 203.0.113.9 --for 10m'],
  ];

  it.each(lines)('is sent again: %s', async (line) => {
    const { fetch, bodies } = refusing(2);
    expect(await run(line, { engine, fetch })).toMatchObject({ code: 0 });
    expect(bodies.length).toBe(3);
    expect(bodies[2]).toEqual(bodies[0]);
  });

  it.each(lines)(
    'again and again is an error, and nothing is reported as done: %s',
    async (line) => {
      const { fetch, bodies } = refusing(Number.POSITIVE_INFINITY);
      const { code, stdout, stderr } = await run(`${line} --json`, { engine, fetch });
      expect([code, stdout]).toEqual([1, '']);
      const told = stderr.trim().split('\n').at(-1) ?? '';
      expect(JSON.parse(told).error).toMatchObject({ code: 'not_written', retryable: true });
      expect(bodies.length).toBe(4);
    },
  );
});
