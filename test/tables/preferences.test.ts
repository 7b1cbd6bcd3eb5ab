import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deletePreferences,
  getPreferences,
  listPreferences,
  type Preferences,
  patchPreferences,
  preferencesOf,
  replacePreferences,
} from '../../src/tables/preferences.ts';
import { KINDS, useTables } from './d1.ts';
import { FIRST_GENERATION } from './databases.ts';

const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: false });
const preferences = fc.record(
  {
    theme: fc.option(fc.string(), { nil: null }),
    temperature: fc.option(fc.integer(), { nil: null }),
    flag: fc.option(fc.boolean(), { nil: null }),
    'odd "key\\"\n.$[0]': json,
    nested: json,
    other: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Preferences>;

/** As JSON keeps it, and without what is not set. */
const set = (values: Preferences) => {
  const kept = Object.entries(JSON.parse(JSON.stringify(values))).filter(
    ([, value]) => value !== null,
  );
  return Object.fromEntries(kept);
};

describe.each(KINDS)('in %s, user_preferences', (_, before) => {
  const d1 = useTables(before);
  const read = async (user: string) => {
    const [row] = await d1.read(getPreferences(user));
    return row && preferencesOf(row);
  };

  it('invents no preference for a new user', async () => {
    await d1.run(patchPreferences('new', { language: 'de', beta: { on: true } }));
    expect(await read('new')).toEqual({ language: 'de', beta: { on: true } });
    expect(await read('nobody')).toBeUndefined();
  });

  it('changes what is named, and unsets what is null', async () => {
    await d1.run(
      replacePreferences('p', { theme: 'light', max_tokens: 5, a: { b: 1 }, gone: true }),
    );
    await d1.run(patchPreferences('p', { max_tokens: null, a: { c: 2 }, gone: null, new: [null] }));
    expect(await read('p')).toEqual({ theme: 'light', a: { c: 2 }, new: [null] });
    await d1.run(replacePreferences('p', { language: 'fr' }));
    expect(await read('p')).toEqual({ language: 'fr' });
    await d1.run(deletePreferences('p'));
    expect(await read('p')).toBeUndefined();
  });

  it('keeps any JSON as it is', async () => {
    await fc.assert(
      fc.asyncProperty(preferences, preferences, async (first, second) => {
        await d1.run(replacePreferences('any', first), patchPreferences('any', second));
        expect(await read('any')).toEqual(set({ ...first, ...second }));
      }),
      { numRuns: 50 },
    );
  });

  it.each(['broken', '[1]', '1'])('replaces %s, which is no object', async (extra) => {
    await d1.run(replacePreferences('b', {}));
    await d1.query({
      sql: "UPDATE user_preferences SET extra = ? WHERE user_id = 'b'",
      params: [extra],
    });
    await d1.run(patchPreferences('b', { font: 'serif' }));
    expect(await read('b')).toEqual({ font: 'serif' });
  });

  it.each(['', 'a\u0000b', 'user_id', 'extra'])('has no preference named %j', (name) => {
    expect(() => patchPreferences('p', { [name]: 1 })).toThrow(RangeError);
  });

  it('is read by key and listed by page', async () => {
    await d1.run(...['x1', 'x2', 'x3'].map((user) => replacePreferences(user, { theme: user })));
    const page = await d1.read(listPreferences(2, 'x1'));
    expect(page.map(({ user_id }) => user_id)).toEqual(['x2', 'x3']);
    for (const statement of [getPreferences('x1'), listPreferences(2, 'x1')]) {
      expect((await d1.plan(statement)).join()).toMatch(
        /^SEARCH user_preferences USING (INDEX|PRIMARY KEY)/,
      );
    }
  });
});

describe('a database of the first generation', () => {
  const d1 = useTables(FIRST_GENERATION);

  it('reads columns that only one database has', async () => {
    await d1.query({
      sql: "ALTER TABLE user_preferences ADD COLUMN font TEXT; UPDATE user_preferences SET font = 'serif', extra = 'broken' WHERE user_id = 'u_1'",
    });
    const [row] = await d1.read(getPreferences('u_1'));
    expect(preferencesOf(row ?? {})).toMatchObject({
      theme: 'light',
      font: 'serif',
      max_tokens: 2000,
    });
  });
});
