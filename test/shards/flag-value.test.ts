import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  currentValue,
  DEFAULT_FLAGS,
  evaluateFlags,
  isFlagValue,
  isOn,
  rolloutPosition,
  timersOf,
} from '../../src/shards/flag-value.ts';

const NOW = 1767222000000;

describe('a percentage', () => {
  it('takes in whoever a smaller one took in', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(100), fc.nat(100), (flag, user, a, b) => {
        if (isOn(flag, Math.min(a, b), user)) expect(isOn(flag, Math.max(a, b), user)).toBe(true);
      }),
    );
  });

  it.each([0, 1, 10, 50, 99, 100])('of %i takes in about as many', (percent) => {
    const users = Array.from({ length: 20_000 }, (_, i) => `u_${i}`);
    const share = users.filter((user) => isOn('new_ui_enabled', percent, user)).length / 200;
    expect(Math.abs(share - percent)).toBeLessThan(1);
    if (percent === 0 || percent === 100) expect(share).toBe(percent);
  });

  it('picks other users for another flag', () => {
    const users = Array.from({ length: 10_000 }, (_, i) => `203.0.113.${i}`);
    const both = users.filter((user) => isOn('a', 50, user) && isOn('b', 50, user)).length;
    expect(Math.abs(both / 100 - 25)).toBeLessThan(2);
  });

  it('never moves a user: these are fixed for ever', () => {
    expect(rolloutPosition('new_ui_enabled', 'u_42')).toBe(49.57);
    expect(rolloutPosition('new_ui_enabled', '2001:db8::1')).toBe(49.43);
    expect(rolloutPosition('', '')).toBe(4.29);
    const users = ['u_0', 'u_1', 'u_2', 'u_3', 'u_4', 'u_5'];
    expect(users.map((user) => rolloutPosition('new_ui_enabled', user))).toEqual([
      95.13, 46.25, 79.64, 51.42, 28.75, 12.98,
    ]);
  });
});

describe('a timer', () => {
  const timer = { until: NOW, then: false };
  it.each([
    [NOW - 1, true],
    [NOW, false],
    [NOW + 1, false],
  ])('at %i the value is %j', (now, value) => expect(currentValue(true, timer, now)).toBe(value));

  it('that ends in null leaves the default', () => {
    const timers = { new_ui_enabled: { until: NOW, then: null } };
    expect(evaluateFlags({ new_ui_enabled: true }, timers, 'u', NOW - 1).new_ui_enabled).toBe(true);
    expect(evaluateFlags({ new_ui_enabled: true }, timers, 'u', NOW).new_ui_enabled).toBe(false);
  });

  it('of any other shape is ignored', () => {
    expect(
      timersOf({
        timers: { a: { until: 1, then: true }, b: 7, c: null, d: { until: 'x', then: 1 } },
      }),
    ).toEqual({
      a: { until: 1, then: true },
    });
    for (const metadata of [null, undefined, 7, [], { timers: [] }]) {
      expect(Object.keys(timersOf(metadata))).toEqual([]);
    }
  });
});

describe('a document', () => {
  it('leaves the defaults where it is silent or wrong', () => {
    expect(evaluateFlags({}, {}, 'u', NOW)).toEqual(DEFAULT_FLAGS);
    expect(evaluateFlags({ api_enabled: 'yes', beta: 101 }, {}, 'u', NOW)).toEqual({
      ...DEFAULT_FLAGS,
      beta: false,
    });
  });

  it.each([
    [true, true],
    [0, true],
    [100, true],
    [12.5, true],
    [-1, false],
    [101, false],
    [Number.NaN, false],
    ['true', false],
    [null, false],
  ])('holds %j: %j', (value, valid) => expect(isFlagValue(value)).toBe(valid));
});
