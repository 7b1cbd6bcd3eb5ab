import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { evaluate } from '../../../src/commands/flags/evaluation.ts';
import { settingsOf } from '../../../src/flags/settings.ts';
import { evaluateFlags, timersOf } from '../../../src/shards/flag-value.ts';
import { useEngine } from '../../engine.ts';
import { flagStore, MINUTE, NOW } from './store.ts';

const engine = useEngine();

const { put, clear, goblin } = flagStore(() => engine);
beforeEach(async () => {
  await clear();
});

/** Where u_42 stands in the rollout of new_ui_enabled; the shard's own test holds it in place. */
const POSITION = 49.57;

describe('flags eval', () => {
  it.each([
    ['STATIC', { new_ui_enabled: true }, {}, { value: true, set_to: true, position: null }],
    ['SPLIT', { new_ui_enabled: 50 }, {}, { value: true, set_to: 50, position: POSITION }],
    ['SPLIT', { new_ui_enabled: 49 }, {}, { value: false, set_to: 49, position: POSITION }],
    ['DEFAULT', {}, {}, { value: false, set_to: false }],
    ['INVALID', { new_ui_enabled: 'x' }, {}, { value: false, problem: expect.any(String) }],
    [
      'TIMER',
      { new_ui_enabled: true },
      { new_ui_enabled: { until: NOW + MINUTE, then: false } },
      { value: true, until: '2026-01-01T00:01:00.000Z' },
    ],
    [
      'TIMER',
      { new_ui_enabled: true },
      { new_ui_enabled: { until: NOW, then: false } },
      { value: false, until: null },
    ],
    [
      'DEFAULT',
      { new_ui_enabled: true },
      { new_ui_enabled: { until: NOW, then: null } },
      { value: false },
    ],
  ])('gives the reason %s for %j with timers %j', async (reason, document, timers, expected) => {
    await put(document, { metadata: { timers } });
    const { code, json } = await goblin('flags eval new_ui_enabled --user u_42 --json');
    expect(code).toBe(0);
    expect(json()).toMatchObject({ flag: 'new_ui_enabled', reason, subject: 'u_42', ...expected });
  });

  it('asks for whom where it depends on that, and only there', async () => {
    await put({ new_ui_enabled: 25, api_enabled: 100 });
    const { code, stderr } = await goblin('flags eval new_ui_enabled');
    expect(code).toBe(2);
    expect(stderr).toContain('new_ui_enabled is on for 25% of users');
    expect((await goblin('flags eval api_enabled --json')).json()).toMatchObject({ value: true });
  });

  it('takes an address as the edge writes it, and not together with a user', async () => {
    await put({ new_ui_enabled: 50 });
    const { json } = await goblin('flags eval new_ui_enabled --ip 2001:DB8:0::1 --json');
    expect(json()).toMatchObject({ subject: '2001:db8::1', position: 49.43, value: true });
    expect((await goblin('flags eval new_ui_enabled --ip 1.2.3')).code).toBe(2);
    expect((await goblin('flags eval new_ui_enabled --ip ::1 --user u')).code).toBe(2);
  });

  it('is exit 3 for a flag that nobody knows', async () => {
    const { code, stderr } = await goblin('flags eval new_ui --user u_42');
    expect(code).toBe(3);
    expect(stderr).toContain('there is no flag "new_ui"');
  });

  it('says what the edge does, whatever is stored', () => {
    const flag = fc.constantFrom('new_ui_enabled', 'api_enabled', 'other', 'toString');
    const value = fc.oneof(fc.boolean(), fc.integer({ min: -5, max: 105 }), fc.jsonValue());
    const timer = fc.record({
      until: fc.integer({ min: -3, max: 3 }).map((minutes) => NOW + minutes * MINUTE),
      then: fc.oneof(fc.boolean(), fc.integer({ min: 0, max: 100 }), fc.constant(null)),
    });
    const entries = <T>(of: fc.Arbitrary<T>) =>
      fc.array(fc.tuple(flag, of)).map((pairs) => Object.fromEntries(pairs));
    fc.assert(
      fc.property(
        entries(value),
        entries(timer),
        flag,
        fc.string(),
        (stored, timers, name, user) => {
          const metadata = { timers };
          const edge = new Map(
            Object.entries(evaluateFlags(stored, timersOf(metadata), user, NOW)),
          );
          const setting = settingsOf(stored, metadata).get(name);
          expect(evaluate(name, setting, user, NOW).value).toBe(edge.get(name) ?? false);
        },
      ),
    );
  });
});

describe('flags test', () => {
  beforeEach(() => put({ new_ui_enabled: 50, api_enabled: 100, old: true }));

  it('is exit 0 where all are as expected; 100% is as good as true', async () => {
    const line = 'flags test new_ui_enabled=50 api_enabled=true rate_limiting_enabled=true --json';
    const { code, json } = await goblin(line);
    expect(code).toBe(0);
    expect(json()).toMatchObject([{ result: 'ok' }, { result: 'ok' }, { result: 'ok' }]);
  });

  it('is exit 8 with expected and actual where one differs', async () => {
    const { code, json, stderr } = await goblin('flags test old=false api_enabled=true --json');
    expect(code).toBe(8);
    expect(json()).toMatchObject([
      { flag: 'old', expected: false, actual: true, result: 'differs' },
      { flag: 'api_enabled', expected: true, actual: 100, result: 'ok' },
    ]);
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'flags_differ' });
  });

  it('compares what one user gets', async () => {
    expect((await goblin('flags test new_ui_enabled=true --user u_42')).code).toBe(0);
    const { code, json } = await goblin('flags test new_ui_enabled=false --user u_42 --json');
    expect(code).toBe(8);
    expect(json()).toMatchObject([{ expected: false, actual: true }]);
  });

  it('counts a timer by the clock', async () => {
    await goblin('flags set old false --for 10m');
    expect((await goblin('flags test old=false')).code).toBe(0);
    expect((await goblin('flags test old=true', { now: NOW + 10 * MINUTE })).code).toBe(0);
  });

  it.each([
    ['flags test old', 2, 'is not a valid expectation'],
    ['flags test old=yes', 2, 'Did you mean true?'],
    ['flags test new_ui_enabled=50 --user u_42', 2, 'one caller gets true or false'],
    ['flags test odl=true', 3, 'Did you mean old?'],
  ])('%s is exit %i', async (line, code, words) => {
    const result = await goblin(line);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(words);
  });
});
