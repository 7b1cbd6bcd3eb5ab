import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ROOM_NAME, roomName } from '../../src/live/room-name.ts';

describe('the name of a room', () => {
  it('is one, whatever its Unicode form', () => {
    expect(roomName('cafe\u0301')).toBe('caf\u00e9');
    expect(roomName('\u212bngstr\u00f6m')).toBe(roomName('A\u030angstro\u0308m'));
  });

  it.each([
    '',
    '.',
    '..',
    ' lobby',
    'lobby ',
    'a/b',
    'a\\b',
    'a\u0000b',
    'a\nb',
    'a\u202eb',
    'a\u200bb',
    'a\u2028b',
    '\ud800',
    'x'.repeat(101),
    'x'.repeat(10_240),
    'e\u0301'.repeat(101),
  ])('is not %j', (text) => {
    expect(roomName(text)).toBeUndefined();
  });

  it.each([
    'lobby',
    'Team 7 – Küche',
    '名前',
    'a.b',
    'x'.repeat(100),
    '\u{1f600}'.repeat(100),
    'e\u0301'.repeat(100),
  ])('may be %j', (text) => {
    expect(roomName(text)).toBe(text.normalize('NFC'));
  });

  it('is found again by what it is found as', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
        const name = roomName(text);
        if (name === undefined) return;
        expect(roomName(name)).toBe(name);
        expect([...name].length).toBeLessThanOrEqual(MAX_ROOM_NAME);
        expect(decodeURIComponent(encodeURIComponent(name))).toBe(name);
      }),
      { numRuns: 50 },
    );
  });
});
