/** The test of truth: a client that knows Cloudflare and not goblin, over the API and over the same state. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOCAL_ACCOUNT_ID } from '../../src/local/resources.ts';
import { useEngine } from '../engine.ts';
import { useFolder } from '../folder.ts';
import { wranglerIn } from '../wrangler.ts';

const folder = useFolder();
const engine = useEngine({ stateDir: join(folder, '.wrangler', 'state') });

/** `wrangler kv …` with the engine in Cloudflare's place. */
function kv(...args: string[]): Promise<Buffer> {
  const env = {
    CLOUDFLARE_API_BASE_URL: engine.apiUrl,
    CLOUDFLARE_API_TOKEN: engine.token,
    CLOUDFLARE_ACCOUNT_ID: LOCAL_ACCOUNT_ID,
  };
  return wranglerIn({ folder, env })('kv', ...args);
}

const namespace = () => ['--namespace-id', engine.namespace];
const remote = (...args: string[]) => kv(...args, ...namespace(), '--remote');
const local = (...args: string[]) => kv(...args, ...namespace(), '--local');

/** A file in wrangler's working folder. */
async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  const bytes = content instanceof Uint8Array ? content : JSON.stringify(content);
  await writeFile(path, bytes);
  return path;
}

const values = async (keys: string[]) => {
  const reply = await engine.kv('/bulk/get', { method: 'POST', body: JSON.stringify({ keys }) });
  return ((await reply.json()) as { result: { values: unknown } }).result.values;
};

describe.concurrent('wrangler --remote', { timeout: 120_000 }, () => {
  it('puts bytes with a TTL and metadata, lists, gets and deletes', async ({ expect }) => {
    const key = 'odd/ key?#%&é';
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const path = await file('bytes.bin', bytes);
    await remote('key', 'put', key, '--path', path, '--ttl', '600', '--metadata', '{"a":1}');
    const listed = JSON.parse(String(await remote('key', 'list', '--prefix', 'odd')));
    expect(listed).toEqual([{ name: key, expiration: expect.any(Number), metadata: { a: 1 } }]);
    expect(new Uint8Array(await remote('key', 'get', key))).toEqual(bytes);
    await remote('key', 'delete', key);
    expect(await values([key])).toEqual({ [key]: null });
  });

  it('puts, gets and deletes in bulk', async ({ expect }) => {
    const pairs = [
      { key: 'bulk:1', value: 'one', expiration_ttl: 600, metadata: { n: 1 } },
      { key: 'bulk:2', value: 'dHdv', base64: true },
    ];
    const keys = await file('keys.json', ['bulk:1', 'bulk:2']);
    await remote('bulk', 'put', await file('pairs.json', pairs));
    expect(await values(['bulk:1', 'bulk:2'])).toEqual({ 'bulk:1': 'one', 'bulk:2': 'two' });
    expect(String(await remote('bulk', 'get', keys))).toContain('"bulk:1": "one"');
    await remote('bulk', 'delete', keys, '--force');
    expect(await values(['bulk:1', 'bulk:2'])).toEqual({ 'bulk:1': null, 'bulk:2': null });
  });

  it('names a namespace that is not there', async ({ expect }) => {
    const run = kv('key', 'list', '--namespace-id', 'f'.repeat(32), '--remote');
    await expect(run).rejects.toThrow('[code: 10013]');
  });
});

it('wrangler --local and the API see what the other wrote', { timeout: 120_000 }, async () => {
  await engine.kv('/values/ours', { method: 'PUT', body: 'by the API' });
  expect(String(await local('key', 'get', 'ours'))).toBe('by the API');
  await local('key', 'put', 'theirs', 'by wrangler', '--ttl', '600', '--metadata', '{"w":1}');
  const reply = await engine.kv('/values/theirs');
  expect(await reply.text()).toBe('by wrangler');
  expect(Number(reply.headers.get('expiration'))).toBeGreaterThan(Date.now() / 1000);
  expect(await (await engine.kv('/metadata/theirs')).json()).toMatchObject({ result: { w: 1 } });
});
