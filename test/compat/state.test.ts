/**
 * One state, by turns: what goblin's engine wrote is read by the newest wrangler's, and the other way round.
 * A newer workerd changes the tables of a state that it only looks at, so each turn may end the other's.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bulkPair, ODD_PAIRS, sorted, valueUnder } from './odd-keys.ts';
import { BINDING, newPlace, type Place } from './place.ts';

let place: Place;
beforeEach(async () => {
  place = await newPlace();
});
afterEach(() => place.remove());

interface Listed {
  name: string;
  expiration?: number;
  metadata?: unknown;
}

const AT = ['--binding', BINDING, '--local'];
const wrangler = (...args: string[]) => place.wrangler('kv', ...args, ...AT);
const wranglerList = async () => JSON.parse(String(await wrangler('key', 'list'))) as Listed[];
const goblin = (...args: string[]) => place.goblin(['kv', ...args]);
const goblinKeys = async () => {
  const rows = JSON.parse(String(await goblin('list', '--json'))) as { key: string }[];
  return rows.map(({ key }) => key);
};
const exported = async () => {
  const lines = String(await goblin('export'))
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line));
};

const KEYS = ODD_PAIRS.map(({ key }) => key);
const SAMPLE = ODD_PAIRS.filter((_, index) => index % 8 === 0);

describe.each([1, 2, 3])('round %i', () => {
  it('wrangler reads and changes what goblin wrote, and goblin goes on', async () => {
    const lines = ODD_PAIRS.map((pair) => `${JSON.stringify(bulkPair(pair))}\n`);
    await place.goblin(['kv', 'import', '-'], lines.join(''));
    await goblin('put', 'full', 'v', '--ttl', '1h', '--metadata', '{"a":1}');
    const listed = await wranglerList();
    expect(listed.map(({ name }) => name)).toEqual(sorted([...KEYS, 'full']));
    expect(listed.find(({ name }) => name === 'full')).toEqual({
      name: 'full',
      expiration: expect.any(Number),
      metadata: { a: 1 },
    });
    // One after the other: two of wrangler's engines on one state fail each other.
    for (const { key, value } of SAMPLE) {
      expect(await wrangler('key', 'get', key), key).toEqual(value);
    }
    await wrangler('key', 'put', 'plain', 'by wrangler');
    await wrangler('key', 'delete', 'full');
    expect(String(await goblin('get', 'plain'))).toBe('by wrangler');
    expect(await goblinKeys()).toEqual(sorted(KEYS));
    await goblin('put', 'plain', 'by goblin again');
    expect(String(await wrangler('key', 'get', 'plain', '--text'))).toMatch(/^by goblin again\n?$/);
  });

  it('goblin reads and changes what wrangler wrote, and wrangler goes on', async () => {
    const file = join(place.folder, 'pairs.json');
    await writeFile(file, JSON.stringify(ODD_PAIRS.map(bulkPair)));
    await wrangler('bulk', 'put', file);
    await wrangler('key', 'put', 'full', 'v', '--ttl', '3600', '--metadata', '{"a":1}');
    const entries = await exported();
    const full = entries.find(({ key }) => key === 'full');
    expect(full).toEqual({
      key: 'full',
      value: 'v',
      expiration: expect.any(Number),
      metadata: { a: 1 },
    });
    expect(entries.filter((entry) => entry !== full)).toEqual(
      sorted(KEYS).map((key) => bulkPair({ key, value: valueUnder(key) })),
    );
    await goblin('put', 'plain', 'by goblin');
    await goblin('delete', 'full', '--yes');
    expect(String(await wrangler('key', 'get', 'plain', '--text'))).toMatch(/^by goblin\n?$/);
    expect((await wranglerList()).map(({ name }) => name)).toEqual(sorted(KEYS));
    await wrangler('key', 'put', 'plain', 'by wrangler again');
    expect(String(await goblin('get', 'plain'))).toBe('by wrangler again');
  });

  it('goblin opens a state that wrangler has only looked at', async () => {
    await goblin('put', 'k', 'before');
    await wranglerList();
    expect(String(await goblin('get', 'k'))).toBe('before');
    await goblin('put', 'k', 'after');
    expect(await wranglerList()).toEqual([{ name: 'k' }]);
    expect(await goblinKeys()).toEqual(['k']);
  });
});
