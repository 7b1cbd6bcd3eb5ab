import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asciiJson } from '../../worker/src/context-headers.ts';
import { previewOf } from '../../worker/src/preview.ts';

describe('a preview', () => {
  it.each([
    ['Write to ann.o+x@mail.example.co.uk now', 'Write to [email] now'],
    ['my card is 4111 1111 1111 1111, ok?', 'my card is [card], ok?'],
    ['4111-1111-1111-1111', '[card]'],
    ['Amex 378282246310005', 'Amex [card]'],
    ['My password is hunter2!', 'My [secret]'],
    ['api_key=abc123', '[secret]'],
    ['API key: abc', '[secret]'],
    ['Authorization: Bearer abc.def', 'Authorization: [secret]'],
    ['use sk-proj-Ab3dEf6hIj9kLm2nOp5q please', 'use [secret] please'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', '[secret].eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
    ['AKIAIOSFODNN7EXAMPLE', '[secret]'],
    ['call me at 10:30 on 2026-11-22, room 4711', 'call me at 10:30 on 2026-11-22, room 4711'],
    ['internationalisation counterrevolutionaries', 'internationalisation counterrevolutionaries'],
    ['two\n  lines\tand  blanks ', 'two lines and blanks'],
  ])('of %j is %j', (message, preview) => {
    expect(previewOf(message)).toBe(preview);
  });

  it('ends between characters, not in one', () => {
    expect(previewOf(`${'x'.repeat(99)}\u{1f47e}`)).toBe('x'.repeat(99));
    expect(previewOf(`${'x'.repeat(98)}\u{1f47e}`)).toBe(`${'x'.repeat(98)}\u{1f47e}`);
  });

  it('takes no time to speak of, whatever the message', () => {
    const hostile = ['a', '1', '@', '-', 'a.', '1 ', 'a@a', 'password', '=', '\n'];
    const start = Date.now();
    for (const part of hostile) previewOf(part.repeat(65_536));
    expect(Date.now() - start).toBeLessThan(1000);
  });
});

describe('JSON in a header', () => {
  it('is printable ASCII and parses back to what it was', () => {
    const values = fc.anything({ withBigInt: false, withUnicodeString: true } as object);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue(), values), (value) => {
        const json = JSON.stringify(value);
        fc.pre(json !== undefined);
        expect(asciiJson(value)).toMatch(/^[ -~]*$/);
        expect(JSON.parse(asciiJson(value))).toEqual(JSON.parse(json));
      }),
    );
  });
});
