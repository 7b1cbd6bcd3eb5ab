import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText, visible } from '../../src/output/text.ts';
import { truncate, widthOf } from '../../src/output/width.ts';
import { HOSTILE, UNSAFE } from './rows.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: fc.integer({ max: 0xffff, min: 0 }).map((unit) => String.fromCharCode(unit)) }),
);

describe('visible', () => {
  it.each([
    ['\x1b[31m', '\\x1b[31m'],
    ['a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['\x9b', '\\x9b'],
    ['\u202egnp', '\\u202egnp'],
    ['a\u200bb', 'a\\u200bb'],
    ['\ufeff', '\\ufeff'],
    ['\u2028', '\\u2028'],
    ['\ud800', '\\ud800'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\u3164', '\\u3164'],
  ])('writes %j out as %j', (text, shown) => expect(visible(text)).toBe(shown));

  it.each(['plain', 'Grüße, 世界', '🧌 ❤️', 'a\\nb', 'C:\\x1b'])('leaves %j alone', (text) => {
    expect(visible(text)).toBe(text);
  });

  it('keeps what it is told to keep', () => {
    expect(visible('a\n\tb\x1b', '\n\t')).toBe('a\n\tb\\x1b');
  });

  it('lets nothing unsafe through, and changes nothing the second time', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = visible(text);
        expect(shown).not.toMatch(/\n/);
        expect(shown).not.toMatch(UNSAFE);
        expect(visible(shown)).toBe(shown);
      }),
    );
  });
});

describe('jsonText', () => {
  it('loses nothing and shows nothing unsafe', () => {
    const value = fc.oneof(anyText, fc.jsonValue({ stringUnit: 'binary' }));
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2), (value, indent) => {
        const text = jsonText(value, indent);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(UNSAFE);
      }),
    );
  });

  it('writes hidden characters as JSON escapes', () => {
    expect(jsonText('\x7f\u202e\u2028\u{e0041}')).toBe('"\\u007f\\u202e\\u2028\\udb40\\udc41"');
  });
});

describe('truncate', () => {
  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['世界世界', 5, '世界…'],
    ['世界世界', 4, '世…'],
    ['𠮷𠮷𠮷', 4, '𠮷…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('cuts %j to %i cells as %j', (text, width, cut) => expect(truncate(text, width)).toBe(cut));

  it('never takes up more than it may, and splits no character', () => {
    fc.assert(
      fc.property(anyText, fc.nat(20), (text, width) => {
        const cut = truncate(visible(text), width);
        expect(widthOf(cut)).toBeLessThanOrEqual(width);
        expect(cut).not.toMatch(/\p{Cs}/u);
      }),
    );
  });
});
