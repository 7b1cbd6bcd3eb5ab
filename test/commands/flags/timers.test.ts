import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine.ts';
import { BUILT_IN, flagStore, MINUTE, NOW } from './store.ts';

const engine = useEngine();

const { put, stored, document, clear, goblin } = flagStore(() => engine);
beforeEach(async () => {
  await clear();
});

const timersOf = async () => ((await stored())?.metadata as { timers?: unknown } | null)?.timers;

describe('flags set --for', () => {
  it('holds until then, and is what it was after that', async () => {
    await put({ new_ui_enabled: 25 });
    const { stderr, json } = await goblin('flags set new_ui_enabled true --for 30m --json');
    expect(stderr).toContain('new_ui_enabled: 25% → true for 30m, then 25%');
    const until = '2026-01-01T00:30:00.000Z';
    expect(json()).toMatchObject({ value: true, until, then: 25, source: 'kv' });
    expect(await timersOf()).toEqual({ new_ui_enabled: { until: NOW + 30 * MINUTE, then: 25 } });
    const later = await goblin('flags get new_ui_enabled --json', { now: NOW + 30 * MINUTE });
    expect(later.json()).toMatchObject({ value: 25, until: null, then: null, source: 'kv' });
  });

  it('goes back to the default where nothing was set', async () => {
    const { json } = await goblin('flags set api_enabled false --yes --for 1h --json');
    expect(json()).toMatchObject({ value: false, then: true });
    expect(await timersOf()).toEqual({ api_enabled: { until: NOW + 60 * MINUTE, then: true } });
    const later = await goblin('flags get api_enabled --json', { now: NOW + 61 * MINUTE });
    expect(later.json()).toMatchObject({ value: true, source: 'kv' });
  });

  it('goes back to what was there before the first timer, however often it is renewed', async () => {
    await put({ new_ui_enabled: 25 });
    await goblin('flags enable new_ui_enabled --for 10m');
    await goblin('flags disable new_ui_enabled --for 20m', { now: NOW + MINUTE });
    expect(await timersOf()).toEqual({ new_ui_enabled: { until: NOW + 21 * MINUTE, then: 25 } });
  });

  it('has nothing to go back from where the value is the lasting one', async () => {
    await put({ api_enabled: false });
    const { code, stderr } = await goblin('flags set api_enabled false --yes --for 10m');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'Nothing to change: api_enabled is false.\n',
    });
  });

  it('is over once the flag is set without it', async () => {
    await goblin('flags set api_enabled false --yes --for 1h');
    const { stderr } = await goblin('flags set api_enabled false --yes');
    expect(stderr).toContain('api_enabled: false for 1h, then true → false');
    expect(await document()).toEqual({ ...BUILT_IN, api_enabled: false });
    expect((await stored())?.metadata).toBeNull();
  });

  it('is cleaned up by the next write once it has run out', async () => {
    await put({ gone: true });
    await goblin('flags set gone 5 --for 1m');
    await goblin('flags set new_ui_enabled 5 --for 1m');
    await goblin('flags set api_enabled 50 --yes', { now: NOW + 2 * MINUTE });
    expect(await document()).toEqual({ ...BUILT_IN, gone: true, api_enabled: 50 });
    expect(await timersOf()).toBeUndefined();
  });

  it.each([
    ['900ms', '--for 900ms is too short'],
    ['30', '"30" is not a valid duration'],
    ['soon', '"soon" is not a valid duration'],
  ])('refuses %s', async (text, message) => {
    const { code, stderr } = await goblin(`flags set api_enabled false --yes --for ${text}`);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('says how many timers fit where one more does not', async () => {
    const flags = Array.from({ length: 30 }, (_, i) => `flag_number_${i}`);
    await put(Object.fromEntries(flags.map((flag) => [flag, false])));
    const before = await stored();
    for (const dryRun of [['--dry-run'], []]) {
      const words = ['flags', 'enable', ...flags, '--for', '1h', '--json', ...dryRun];
      const { code, stdout, stderr } = await goblin(words);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/30 timers do not fit in the 1024 bytes of KV metadata, 18 do/);
    }
    expect(await stored()).toEqual(before);
    expect((await goblin(['flags', 'enable', ...flags.slice(0, 18), '--for', '1h'])).code).toBe(0);
  });
});

describe('metadata that holds no timers', () => {
  it.each([
    ['text', 'hello', 'metadata that holds no timers'],
    ['a list', [1], 'metadata that holds no timers'],
    ['timers that are none', { timers: 5 }, 'metadata that holds no timers'],
    [
      'timers of the wrong shape',
      { timers: { a: { until: 'soon', then: true }, b: null } },
      'timers without effect: a, b',
    ],
    [
      'the timer of a flag that is not there',
      { timers: { nope: { until: NOW + MINUTE, then: true } } },
      'timers without effect: nope',
    ],
  ])('as %s is told, and dropped by the next write', async (_, metadata, words) => {
    await put({ a: true }, { metadata });
    const { code, stdout, stderr } = await goblin('flags list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^a +true +kv$/m);
    expect(stderr).toBe(`warning: the edge ignores ${words}\n`);
    expect((await goblin('flags set a false')).stderr).toContain(`metadata: dropped ${words}`);
    const value = JSON.stringify({ a: false, ...BUILT_IN });
    expect(await stored()).toEqual({ value, metadata: null });
  });
});
