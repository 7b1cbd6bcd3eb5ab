import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asciiJson } from '../../worker/src/context-headers.ts';

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
