import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshness } from '../../worker/src/freshness.ts';

const NOW = Date.UTC(2027, 0, 1, 12);
const at = (seconds: number) => new Date(NOW + seconds * 1000).toUTCString();
const secondsOf = (headers: Record<string, string>) =>
  freshness(new Headers(headers), NOW, 300).seconds;

describe('the freshness of a response', () => {
  it.each<[number, Record<string, string>]>([
    [300, {}],
    [60, { 'Cache-Control': 'max-age=60' }],
    [300, { 'Cache-Control': 'max-age=86400' }],
    [60, { 'Cache-Control': 'Public, MAX-AGE="60"' }],
    [20, { 'Cache-Control': 'max-age=60, s-maxage=20' }],
    [20, { 'Cache-Control': 's-maxage=20, max-age=60, must-revalidate' }],
    [0, { 'Cache-Control': 'max-age=0' }],
    [0, { 'Cache-Control': 's-maxage=0, max-age=60' }],
    [0, { 'Cache-Control': 'max-age=soon' }],
    [0, { 'Cache-Control': 'max-age=-1' }],
    [0, { 'Cache-Control': 'max-age' }],
    [10, { 'Cache-Control': 'max-age=10, max-age=60' }],
    [0, { 'Cache-Control': 'no-store' }],
    [0, { 'Cache-Control': 'No-Cache, max-age=60' }],
    [0, { 'Cache-Control': 'no-cache="X-A", max-age=60' }],
    [0, { 'Cache-Control': 'private="X-A", max-age=60' }],
    [60, { 'Cache-Control': 'max-age=60, extension="private, no-store"' }],
    [0, { Pragma: 'no-cache' }],
    [60, { Pragma: 'no-cache', 'Cache-Control': 'max-age=60' }],
    [0, { Expires: at(-1) }],
    [0, { Expires: '0' }],
    [100, { Expires: at(100) }],
    [300, { Expires: at(9999) }],
    [90, { Expires: at(90), Date: at(-10) }],
    [60, { Expires: at(-1), 'Cache-Control': 'max-age=60' }],
    [40, { 'Cache-Control': 'max-age=60', Age: '20' }],
    [0, { 'Cache-Control': 'max-age=60', Age: '60' }],
    [60, { 'Cache-Control': 'max-age=60', Age: 'old' }],
    [50, { 'Cache-Control': 'max-age=60', Date: at(-10) }],
    [60, { 'Cache-Control': 'max-age=60', Date: at(10) }],
    [300, { 'Cache-Control': 'max-age=86400', Age: '1000' }],
    [30, { 'CDN-Cache-Control': 'max-age=30', 'Cache-Control': 'no-store' }],
    [0, { 'CDN-Cache-Control': 'no-store', 'Cache-Control': 'max-age=60' }],
    [30, { 'CDN-Cache-Control': 'max-age=30', Expires: at(-1), Pragma: 'no-cache' }],
    [300, { 'CDN-Cache-Control': 'public', Expires: at(-1) }],
    [10, { 'Cloudflare-CDN-Cache-Control': 'max-age=10', 'CDN-Cache-Control': 'max-age=30' }],
  ])('is %d s with %j', (seconds, headers) => {
    expect(secondsOf(headers)).toBe(seconds);
  });

  it('is never negative or beyond the longest, whatever is said', () => {
    const text = fc.string({ unit: fc.constantFrom(...'max-age=s,"019 private;no-store') });
    fc.assert(
      fc.property(text, text, (control, age) => {
        const seconds = secondsOf({ 'Cache-Control': control, Age: age });
        expect(seconds).toBeGreaterThanOrEqual(0);
        expect(seconds).toBeLessThanOrEqual(300);
      }),
    );
  });
});
