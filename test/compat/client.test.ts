/** The newest wrangler with the local API in Cloudflare's place. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ODD_PAIRS, sorted } from './odd-keys.ts';
import { BINDING, forEach, newPlace, type Place, type Served, serve } from './place.ts';

let place: Place;
let served: Served;
beforeAll(async () => {
  place = await newPlace();
  served = await serve(place);
});
afterAll(async () => {
  await served?.stop();
  await place?.remove();
});

const kv = (...args: string[]) => served.wrangler('kv', ...args);
const at = (id: string) => ['--namespace-id', id, '--remote'];
const list = async (id: string) => {
  const rows = JSON.parse(String(await kv('key', 'list', ...at(id)))) as { name: string }[];
  return rows.map(({ name }) => name);
};

interface Namespace {
  id: string;
  title: string;
}

const namespaces = async () =>
  JSON.parse(String(await kv('namespace', 'list'))) as readonly Namespace[];
const idOf = async (title: string) =>
  (await namespaces()).find((each) => each.title === title)?.id ?? 'none';

/** A file in wrangler's working folder. */
async function file(name: string, content: unknown): Promise<string> {
  const path = join(place.folder, name);
  await writeFile(path, content instanceof Uint8Array ? content : JSON.stringify(content));
  return path;
}

it('is told who it is', async () => {
  const said = String(await served.wrangler('whoami'));
  expect(said).toContain('associated with the email');
  expect(said).toContain('local');
});

it('finds the namespace of a binding that has no id', async () => {
  await kv('key', 'put', 'by binding', 'v', '--binding', BINDING, '--remote');
  expect(String(await kv('key', 'get', 'by binding', ...at(BINDING)))).toBe('v');
  await kv('key', 'delete', 'by binding', '--binding', BINDING, '--remote');
});

it('makes, uses, renames and deletes a namespace', async () => {
  await kv('namespace', 'create', 'made');
  await expect(kv('namespace', 'create', 'made')).rejects.toThrow('already exists');
  const id = await idOf('made');
  await kv('key', 'put', 'k', 'by wrangler', ...at(id));
  expect(String(await place.goblin(['kv', 'get', 'k', '--namespace-id', id]))).toBe('by wrangler');
  await served.stop();
  served = await serve(place);
  expect(String(await kv('key', 'get', 'k', ...at(id)))).toBe('by wrangler');
  await kv('namespace', 'rename', 'made', '--new-name', 'renamed');
  expect(await idOf('renamed')).toBe(id);
  await kv('namespace', 'delete', '--namespace-id', id, '--skip-confirmation');
  expect(await idOf('renamed')).toBe('none');
  await expect(kv('key', 'list', ...at(id))).rejects.toThrow('10013');
});

it('puts, gets, lists and deletes odd keys with binary values', async () => {
  await kv('namespace', 'create', 'odd');
  const id = await idOf('odd');
  await forEach(ODD_PAIRS, async ({ key, value }) => {
    const path = await file(`value-${ODD_PAIRS.findIndex((pair) => pair.key === key)}`, value);
    await kv('key', 'put', key, '--path', path, ...at(id));
  });
  const keys = ODD_PAIRS.map(({ key }) => key);
  expect(await list(id)).toEqual(sorted(keys));
  await forEach(ODD_PAIRS, async ({ key, value }) => {
    expect(await kv('key', 'get', key, ...at(id)), key).toEqual(value);
  });
  // By the same path as a value is read; in bulk the names are in the body.
  const some = keys.filter((_, index) => index % 3 === 0);
  await forEach(some, (key) => kv('key', 'delete', key, ...at(id)));
  const others = keys.filter((key) => !some.includes(key));
  expect(await list(id)).toEqual(sorted(others));
  await kv('bulk', 'delete', await file('others.json', others), ...at(id), '--force');
  expect(await list(id)).toEqual([]);
});

describe('in bulk', () => {
  it.each([2_500, 12_000])('puts, gets, lists and deletes %i keys', async (count) => {
    await kv('namespace', 'create', `bulk ${count}`);
    const id = await idOf(`bulk ${count}`);
    const pairs = Array.from({ length: count }, (_, n) => ({
      key: `bulk:${String(n).padStart(6, '0')}`,
      value: `value ${n}`,
      metadata: { n },
    }));
    const keys = pairs.map(({ key }) => key);
    await kv('bulk', 'put', await file('pairs.json', pairs), ...at(id));
    expect(await list(id)).toEqual(keys);
    const some = await file('some.json', keys.slice(-100));
    const got = String(await kv('bulk', 'get', some, ...at(id)));
    expect(got).toContain(`"${keys.at(-1)}": "value ${count - 1}"`);
    await kv('bulk', 'delete', await file('keys.json', keys), ...at(id), '--force');
    expect(await list(id)).toEqual([]);
  });
});
