import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkOf } from '../../src/shards/address.ts';

const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
const prefix = fc.integer({ min: 1, max: 127 });

const written = (values: readonly number[]) => values.map((value) => value.toString(16)).join(':');
const isMapped = (values: readonly number[]) => values.slice(0, 6).join() === '0,0,0,0,0,65535';
/** An address as one number. */
const bitsOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum * 65_536n + BigInt(value), 0n);

describe('the network of an address', () => {
  it.each([
    ['2001:db8:1:2:3:4:5:6', 64, '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002:ffff::', 64, '2001:db8:1:2::/64'],
    ['2001:db8::1', 64, '2001:db8::/64'],
    ['2001:db8:1:2ff::9', 56, '2001:db8:1:200::/56'],
    ['2001:db8:ffff::', 33, '2001:db8:8000::/33'],
    ['::1', 64, '::/64'],
    ['2001:db8::1', 128, '2001:db8::1'],
    ['1:0:0:2:0:0:0:3', 128, '1:0:0:2::3'],
    ['1:0:0:2:0:0:4:3', 128, '1::2:0:0:4:3'],
    ['0:0:0:0:0:0:0:0', 128, '::'],
    ['64:ff9b::192.0.2.1', 128, '64:ff9b::c000:201'],
    ['203.0.113.9', 64, '203.0.113.9'],
    ['::ffff:203.0.113.9', 64, '203.0.113.9'],
    ['::FFFF:cb00:7109', 128, '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', 48, '203.0.113.9'],
  ])('%s /%d is %s', (ip, bits, network) => {
    expect(networkOf(ip, bits)).toBe(network);
  });

  it.each([
    '',
    'unknown',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    ':::',
    'fe80::1%eth0',
    '2001:db8::/64',
    'g::1',
    '12345::1',
    '::1.2.3.4:5',
    '::ffff:1.2.3',
    ` 2001:db8::1`,
    `${'0'.repeat(60)}::1`,
  ])('%j has none, being no address', (text) => expect(networkOf(text, 64)).toBeNull());

  it('is spelled as RFC 5952 says, with the first of the longest runs of zeros left out', () => {
    const sparse = fc.array(fc.constantFrom(0, 0, 1, 0xab), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(fc.oneof(groups, sparse), (values) => {
        fc.pre(!isMapped(values));
        const runs = written(values).match(/(?<![^:])0(:0)+(?![^:])/g) ?? [];
        const longest = Math.max(0, ...runs.map((run) => run.length));
        const first = runs.find((run) => run.length === longest) ?? 'none';
        const short = `:${written(values)}:`.replace(`:${first}:`, '::');
        const trimmed = short.replace(/^:(?!:)/, '').replace(/(?<!:):$/, '');
        expect(networkOf(written(values), 128)).toBe(trimmed);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same however the address is written', () => {
    fc.assert(
      fc.property(groups, prefix, (values, bits) => {
        const hex = values.map((value) => value.toString(16).padStart(4, '0').toUpperCase());
        const [high = 0, low = 0] = values.slice(6);
        const dotted = [high >> 8, high & 255, low >> 8, low & 255].join('.');
        const network = networkOf(written(values), bits);
        expect(networkOf(hex.join(':'), bits)).toBe(network);
        expect(networkOf([...hex.slice(0, 6), dotted].join(':'), bits)).toBe(network);
      }),
    );
  });

  it('holds exactly the addresses with the same first bits', () => {
    fc.assert(
      fc.property(groups, groups, prefix, fc.boolean(), (one, random, bits, isNear) => {
        // Two addresses at random have nothing in common: half of them share their beginning.
        const other = isNear ? [...one.slice(0, 4), ...random.slice(4)] : random;
        fc.pre(!isMapped(one) && !isMapped(other));
        const rest = BigInt(128 - bits);
        expect(networkOf(written(one), bits) === networkOf(written(other), bits)).toBe(
          bitsOf(one) >> rest === bitsOf(other) >> rest,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('of its first address is itself', () => {
    fc.assert(
      fc.property(groups, prefix, (values, bits) => {
        fc.pre(!isMapped(values));
        const network = networkOf(written(values), bits) ?? '';
        const [first = ''] = network.split('/');
        fc.pre(!first.startsWith('::ffff:'));
        expect(networkOf(first, bits)).toBe(network);
      }),
    );
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdefgF:.:.:/% ') }), (text) => {
        const network = networkOf(text, 64);
        expect(network === null || network.length <= 25).toBe(true);
      }),
    );
  });
});
