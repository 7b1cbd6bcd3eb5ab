import { describe, expect, it } from 'vitest';
import { humanCell, machineRow, machineValue } from '../../src/output/cell.ts';
import type { AnyColumn } from '../../src/output/columns.ts';
import { timestamp } from '../../src/output/time.ts';
import { COLUMNS, NOW, ROW } from './rows.ts';

describe('machineRow', () => {
  it('has every column in order, times in RFC 3339, unknowns as null, and nothing else', () => {
    const { blocked: _, ...rest } = ROW;
    expect(JSON.stringify(machineRow(COLUMNS, rest))).toBe(
      JSON.stringify({
        timestamp: '2025-06-01T11:57:00.000Z',
        ip: '2001:db8::7',
        count: 17,
        share: 25,
        size: 1234,
        idle: 7380,
        duration_ms: 12,
        blocked: null,
        handle: 's_0123456789',
        extra: { a: [1] },
        expires_at: '2025-06-01T12:00:42.000Z',
      }),
    );
  });

  it.each([1e300, Number.NaN, 'soon', -8.64e15 - 1])(
    'gives %s as it is, for it is no time',
    (value) => {
      expect(machineValue('time', value)).toBe(value);
    },
  );
});

const cell = (kind: AnyColumn['kind'], value: unknown, more: Partial<AnyColumn> = {}) =>
  humanCell({ name: 'field', kind, ...more }, value, timestamp);

describe('humanCell', () => {
  it.each([
    ['number', 1234, '1234'],
    ['percent', 25, '25%'],
    ['bytes', 0, '0 B'],
    ['bytes', 1023, '1023 B'],
    ['bytes', 1234, '1.2 KiB'],
    ['bytes', 26_214_400, '25 MiB'],
    ['seconds', 7380, '2h 3m'],
    ['ms', 12, '12 ms'],
    ['boolean', false, 'false'],
    ['flag', true, 'true'],
    ['flag', 25, '25%'],
    ['time', NOW, '2025-06-01T12:00:00.000Z'],
    ['json', { a: ['\u202e'] }, '{"a":["\\u202e"]}'],
    ['text', 'a\x1bb', 'a\\x1bb'],
    ['flag', { a: '\x1b' }, '{"a":"\\u001b"}'],
  ] as const)('shows %s %j as %s', (kind, value, shown) => {
    expect(cell(kind, value).text).toBe(shown);
  });

  it.each([null, undefined])('shows %s as unknown', (value) => {
    expect(cell('text', value)).toEqual({ text: '-', tone: 'quiet' });
  });

  it('says what a value means, by its kind or as its column says', () => {
    expect(cell('flag', true).tone).toBe('good');
    expect(cell('flag', 25).tone).toBe('care');
    expect(cell('boolean', true).tone).toBeUndefined();
    expect(cell('boolean', true, { tone: () => 'bad' }).tone).toBe('bad');
  });
});
