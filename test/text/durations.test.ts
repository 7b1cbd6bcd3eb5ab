import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GoblinError } from '../../src/contract/errors.ts';
import { duration } from '../../src/output/time.ts';
import { parseDuration, parseInstant } from '../../src/text/durations.ts';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const NOW = Date.parse('2025-06-01T12:00:00Z');

/** The usage error that `act` throws. */
function usage(act: () => unknown): GoblinError {
  try {
    act();
  } catch (error) {
    if (error instanceof GoblinError && error.outcome === 'usage') return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('parseDuration', () => {
  it('reads a number of any unit', () => {
    const unit = fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[]));
    fc.assert(
      fc.property(fc.nat(5000), unit, (count, letter) => {
        expect(parseDuration(`${count}${letter}`)).toBe(count * UNITS[letter]);
      }),
    );
  });

  it.each([
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
  ])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it('reads back what is shown, as far as it was shown', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 8), (seconds) => {
        const lost = seconds - parseDuration(duration(seconds).replace(' ', '')) / 1000;
        const smallestShown = seconds < 3600 ? 1 : seconds < 86_400 ? 60 : 3600;
        expect(lost).toBeGreaterThanOrEqual(0);
        expect(lost).toBeLessThan(smallestShown);
      }),
    );
  });

  it.each([
    ['1hour', 'Did you mean 1h?'],
    ['5 min', 'Did you mean 5m?'],
    ['-5m', 'Did you mean 5m?'],
    ['2 weeks', 'Did you mean 14d?'],
    ['10', 'Did you mean 10s, 10m or 10h?'],
    ['soon', 'Write 250ms'],
    ['', 'Write 250ms'],
    ['1e3s', 'Write 250ms'],
    ['9'.repeat(200), 'Write 250ms'],
  ])('refuses "%s" and says: %s', (text, hint) => {
    const error = usage(() => parseDuration(text));
    expect(error.code).toBe('bad_duration');
    expect(error.hint).toMatch(new RegExp(`^${hint.replace('?', '\\?')}`));
  });

  it.each(['99999999d', `${'9'.repeat(150)}s`])('refuses %s as too long', (text) => {
    expect(usage(() => parseDuration(text)).message).toContain('too long');
  });
});

describe('parseInstant', () => {
  it.each([
    ['15m', '2025-06-01T11:45:00Z'],
    ['now', '2025-06-01T12:00:00Z'],
    ['today', '2025-06-01T00:00:00Z'],
    ['yesterday', '2025-05-31T00:00:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['2025-06-01T09:30', '2025-06-01T09:30:00Z'],
    ['2025-06-01 09:30:15', '2025-06-01T09:30:15Z'],
    ['2025-06-01T09:30:15.250+02:00', '2025-06-01T07:30:15.250Z'],
    ['1748779200', '2025-06-01T12:00:00Z'],
    ['1748779200123', '2025-06-01T12:00:00.123Z'],
  ])('reads %s as %s', (text, instant) => {
    expect(parseInstant(text, NOW)).toBe(Date.parse(instant));
  });

  it('reads back every time that JSON shows', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
        (date) => {
          expect(parseInstant(date.toISOString(), NOW)).toBe(date.getTime());
        },
      ),
    );
  });

  it.each([
    ['yesterdy', 'Did you mean yesterday?'],
    ['1day', 'Did you mean 1d?'],
    ['10', 'Did you mean 10s, 10m or 10h?'],
    ['2025-02-30', 'Write 15m'],
    ['2025-13-01', 'Write 15m'],
    ['2025-06-01T25:00', 'Write 15m'],
    ['toString', 'Write 15m'],
    ['', 'Write 15m'],
  ])('refuses "%s" and says: %s', (text, hint) => {
    const error = usage(() => parseInstant(text, NOW));
    expect(error.code).toBe('bad_time');
    expect(error.hint).toMatch(new RegExp(`^${hint.replace('?', '\\?')}`));
  });
});
