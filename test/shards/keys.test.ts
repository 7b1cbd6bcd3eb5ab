import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyticsKey } from '../../src/shards/analytics.ts';
import { cacheKey } from '../../src/shards/cache.ts';
import { conversationKey } from '../../src/shards/conversation.ts';
import { flagsKey } from '../../src/shards/flags.ts';
import { byteLength, KeyError } from '../../src/shards/key.ts';
import { identify, shards } from '../../src/shards/list.ts';
import { rateLimitKey } from '../../src/shards/ratelimit.ts';
import { securityKey } from '../../src/shards/security.ts';
import { sessionKey } from '../../src/shards/session.ts';
import type { KeyCodec } from '../../src/shards/shard.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 600 });
const ip = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('unknown'));
const timestamp = fc.integer({ min: 1e12, max: 1e13 - 1 });
const suffix = fc.option(fc.stringMatching(/^[0-9a-z]{1,12}$/), { nil: undefined });
const eventId = fc
  .record({ timestamp, ip, suffix })
  .map(({ suffix, ...id }) => (suffix === undefined ? id : { ...id, suffix }));

/** Every codec with identities of any text at all: what `format` takes, `parse` gives back. */
// biome-ignore lint/suspicious/noExplicitAny: codecs of different identities have no common type
const codecs: [string, KeyCodec<any>, fc.Arbitrary<unknown>][] = [
  ['ratelimit', rateLimitKey, fc.record({ ip: fc.oneof(ip, anyText) })],
  ['session', sessionKey, fc.record({ token: anyText })],
  ['conversation', conversationKey, fc.record({ user_id: anyText })],
  ['flags', flagsKey, fc.constant('all')],
  ['cache', cacheKey, fc.record({ pathname: fc.oneof(fc.webPath(), anyText), search: anyText })],
  [
    'cache variant',
    cacheKey,
    fc.record({
      pathname: fc.webPath(),
      search: anyText.map((s) => `?${s}`),
      variant: anyText.map((s) => `#${s}`),
    }),
  ],
  [
    'cache query',
    cacheKey,
    fc.record({ pathname: fc.webPath(), search: anyText.map((s) => `?${s}`) }),
  ],
  ['analytics', analyticsKey, eventId],
  ['security', securityKey, fc.oneof(eventId, fc.record({ timestamp: fc.integer(), ip: anyText }))],
];

describe('a key', () => {
  it.each(codecs)('%s: parse(format(id)) = id, or format refuses', (_name, codec, ids) => {
    fc.assert(
      fc.property(ids, (id) => {
        let key: string;
        try {
          key = codec.format(id);
        } catch (error) {
          expect(error).toBeInstanceOf(KeyError);
          return;
        }
        expect(codec.parse(key)).toEqual(id);
        expect(byteLength(key)).toBeLessThanOrEqual(512);
      }),
      { numRuns: 500 },
    );
  });

  it('takes 512 bytes and not one more', () => {
    const longest = '€'.repeat(168);
    expect(byteLength(sessionKey.format({ token: longest }))).toBe(512);
    expect(() => sessionKey.format({ token: `${longest}x` })).toThrow('513 bytes');
  });

  it('never throws on a stored key, however odd', () => {
    fc.assert(fc.property(anyText, (key) => identify(key) === null || true));
    for (const shard of shards) {
      fc.assert(
        fc.property(anyText, (rest) => {
          expect(() => shard.key.parse(shard.prefix + rest)).not.toThrow();
        }),
      );
    }
  });

  it.each([
    ['ratelimit:2001:db8::1', 'ratelimit', { ip: '2001:db8::1' }],
    ['ratelimit:unknown', 'ratelimit', { ip: 'unknown' }],
    ['session:a:b', 'sessions', { token: 'a:b' }],
    ['cache:/models?x=1?y', 'cache', { pathname: '/models', search: '?x=1?y' }],
    ['cache:/models?x#a,b', 'cache', { pathname: '/models', search: '?x', variant: '#a,b' }],
    [
      'analytics:1767222000123:2001:db8::1',
      'analytics',
      { timestamp: 1767222000123, ip: '2001:db8::1' },
    ],
    ['security:1767222000:unknown', 'security', { timestamp: 1767222000000, ip: 'unknown' }],
    [
      'security:2026-01-01T00:00:00.000Z:203.0.113.9~a1',
      'security',
      { timestamp: 1767225600000, ip: '203.0.113.9', suffix: 'a1' },
    ],
    ['feature_flags', 'flags', 'all'],
  ])('%s is of %s', (key, name, id) => {
    const found = identify(key);
    expect(found?.shard.name).toBe(name);
    expect(found?.id).toEqual(id);
  });

  it.each([
    '',
    'feature_flags2',
    'session:',
    'cache:models',
    'analytics:x:1.2.3.4',
    'security:1767222000123:',
    'security:0001767222000:unknown',
    'user:1',
  ])('%j is of none', (key) => expect(identify(key)).toBeNull());

  it('sorts events by time as KV sorts keys', () => {
    fc.assert(
      fc.property(timestamp, timestamp, (a, b) => {
        const [first, second] = [a, b].map((at) =>
          securityKey.format({ timestamp: at, ip: '::1' }),
        );
        expect((first ?? '') < (second ?? '')).toBe(a < b);
      }),
    );
  });
});
