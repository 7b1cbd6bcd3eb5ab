import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { patchPreferences } from '../../../src/tables/preferences.ts';
import { DATABASE } from '../../local/d1.ts';
import { type RunOptions, run } from '../../run.ts';
import { startTables, type Tables } from '../../tables/d1.ts';

let d1: Tables;
beforeAll(async () => {
  d1 = await startTables('');
});
afterAll(() => d1.engine.dispose());
beforeEach(() => d1.query({ sql: 'DELETE FROM user_preferences; DELETE FROM audit_logs' }));

const goblin = (line: string | readonly string[], options: RunOptions = {}) =>
  run(line, {
    engine: d1.engine,
    ...options,
    env: { GOBLIN_DATABASE: DATABASE.id, GOBLIN_ACTOR: 'alice' },
  });
const stored = async (user: string) => (await goblin(['prefs', 'get', user, '--json'])).json();

/** Does something between the read of a command and its write. */
const beforeWrite = (work: () => Promise<unknown>): NonNullable<RunOptions['fetch']> => {
  let once = false;
  return async (url, init) => {
    if (!once && String(init.body).includes('INSERT INTO user_preferences')) {
      once = true;
      await work();
    }
    return fetch(url, init);
  };
};

describe('prefs', () => {
  it('sets known ones by their type and others as JSON, and keeps the rest', async () => {
    await goblin('prefs set u_1 theme light');
    await goblin('prefs set u_1 temperature 0.3');
    await goblin(['prefs', 'set', 'u_1', 'keys', '{"send":"Enter"}']);
    await goblin('prefs set u_1 nickname Bob');
    expect(await stored('u_1')).toEqual({
      theme: 'light',
      temperature: 0.3,
      keys: { send: 'Enter' },
      nickname: 'Bob',
    });
    const one = await goblin('prefs get u_1 temperature --json');
    expect(one.json()).toEqual({ temperature: 0.3 });
    expect((await goblin('prefs list --json')).json()).toMatchObject([{ user_id: 'u_1' }]);
  });

  it('unsets what is named, all or none', async () => {
    await goblin('prefs set u_1 theme light');
    await goblin('prefs set u_1 nickname Bob');
    expect((await goblin('prefs unset u_1 theme language')).code).toBe(3);
    expect((await goblin('prefs unset u_1 theme')).code).toBe(0);
    expect(await stored('u_1')).toEqual({ nickname: 'Bob' });
  });

  it.each([
    ['temperature hot', 'temperature must be a number'],
    ['max_tokens 1.5', 'max_tokens must be a whole number'],
    ['user_id x', 'not a valid name'],
    ['nickname null', 'null means: not set'],
  ])('refuses %s and names the field', async (line, message) => {
    const { code, stderr } = await goblin(`prefs set u_1 ${line}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(await d1.rows('SELECT * FROM user_preferences')).toEqual([]);
  });

  it('takes metacharacters and emoji as text', async () => {
    const odd = `'; DROP TABLE user_preferences;--"😀`;
    expect((await goblin(['prefs', 'set', odd, odd, odd])).code).toBe(0);
    expect(await stored(odd)).toEqual({ [odd]: odd });
  });

  it('refuses a name with a NUL, and 2 MB', async () => {
    expect((await goblin(['prefs', 'set', 'u_1', 'a\u0000b', 'x'])).code).toBe(2);
    const stdin = 'x'.repeat(2_000_000);
    const { code, stderr } = await goblin('prefs set u_1 nickname -', { stdin });
    expect([code, stderr]).toEqual([2, expect.stringContaining('8192 bytes')]);
  });

  it('refuses what would be too much together with what is there', async () => {
    expect((await goblin(['prefs', 'set', 'u_1', 'a', 'x'.repeat(5000)])).code).toBe(0);
    const { code, stderr } = await goblin(['prefs', 'set', 'u_1', 'b', 'x'.repeat(5000)]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('8192 bytes')]);
    expect(Object.keys((await stored('u_1')) as object)).toEqual(['a']);
  });

  it('of two writers of one preference, the second fails with the difference', async () => {
    await goblin('prefs set u_1 theme dark');
    const { code, stderr } = await goblin('prefs set u_1 theme light', {
      fetch: beforeWrite(() => d1.run(patchPreferences('u_1', { theme: 'blue' }))),
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('theme is "blue" now, not "dark"')]);
    expect(await stored('u_1')).toEqual({ theme: 'blue' });
  });

  it('of two writers of different ones, both hold', async () => {
    const { code } = await goblin('prefs set u_1 a 1', {
      fetch: beforeWrite(() => d1.run(patchPreferences('u_1', { b: 2, theme: 'dark' }))),
    });
    expect(code).toBe(0);
    expect(await stored('u_1')).toEqual({ a: 1, b: 2, theme: 'dark' });
  });

  it('is audited by names, without values', async () => {
    await goblin('prefs set u_1 nickname my-private-name');
    const rows = await d1.rows('SELECT * FROM audit_logs');
    expect(rows).toMatchObject([{ action: 'prefs.set', target: 'u_1', outcome: 'done' }]);
    expect(JSON.stringify(rows)).not.toContain('my-private-name');
  });

  it('of a user without any is exit 3', async () => {
    expect((await goblin('prefs get nobody')).code).toBe(3);
  });
});
