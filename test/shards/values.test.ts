import { describe, expect, it } from 'vitest';
import { byteLength } from '../../src/shards/key.ts';
import { shards } from '../../src/shards/list.ts';
import { asMetadata, clip } from '../../src/shards/summary.ts';
import { toMilliseconds } from '../../src/shards/time.ts';
import { z } from '../../src/stores/zod.ts';

const MS = 1767222000000;
const ISO = '2025-12-31T23:00:00.000Z';
const LISTING = { expiration: MS / 1000 + 600, metadata: null };

/** Values as older Workers wrote them: shard, key, stored JSON. Each must fill every column. */
const STORED: [string, string, unknown][] = [
  ['ratelimit', 'ratelimit:203.0.113.9', 17],
  ['ratelimit', 'ratelimit:2001:db8::1', '17'],
  ['sessions', 'session:t1', { user_id: 'u', expires_at: MS, last_activity: MS }],
  ['sessions', 'session:t2', { user_id: 'u', expires_at: ISO, last_activity: ISO }],
  ['sessions', 'session:t3', { userId: 'u', expiresAt: MS / 1000, last_activity: String(MS) }],
  [
    'conversations',
    'conversation:u',
    { messages: [{ timestamp: ISO, preview: 'hi' }], last_updated: ISO },
  ],
  ['conversations', 'conversation:v', { messages: [], updated_at: MS }],
  [
    'analytics',
    `analytics:${MS}:::1`,
    { timestamp: MS, ip: '::1', method: 'GET', path: '/', event_type: 'request', duration_ms: 3 },
  ],
  [
    'analytics',
    `analytics:${MS}:unknown`,
    {
      timestamp: ISO,
      ip: 'unknown',
      method: 'GET',
      path: '/',
      event: 'request',
      response_time: '3.5',
    },
  ],
  [
    'analytics',
    `analytics:${ISO}:::1`,
    { method: 'GET', path: '/', status: 200, response_time: 3 },
  ],
  [
    'security',
    `security:${MS}:::1`,
    { timestamp: MS, ip: '::1', event_type: 'rate_limited', reason: 'x' },
  ],
  ['security', `security:${MS / 1000}:::1`, { event: 'rate_limited', reason: 'x' }],
  ['security', `security:${MS}:::1`, { status: 'blocked', reason: 'x' }],
];

function shardNamed(name: string) {
  const shard = shards.find((candidate) => candidate.name === name);
  if (!shard) throw new Error(`no shard ${name}`);
  return shard;
}

describe('a stored value', () => {
  it.each(STORED)('of %s at %s fills every column: %j', (name, key, stored) => {
    const shard = shardNamed(name);
    const row = shard.fromValue(shard.key.parse(key), shard.schema(z).parse(stored), LISTING);
    for (const column of shard.columns.filter(({ kind }) => kind !== 'handle')) {
      expect(row[column.name], column.name).toEqual(expect.anything());
    }
  });

  it('of a bare cached body fills every column', () => {
    const cache = shardNamed('cache');
    const row = cache.fromValue({ pathname: '/models', search: '?a=1' }, '{"models":[]}', LISTING);
    expect(row).toEqual({
      path: '/models?a=1',
      status: 200,
      content_type: 'application/json',
      size: 13,
      cached_at: MS + 300_000,
      expires_at: MS + 600_000,
    });
  });

  it.each([
    ['ratelimit', 'many'],
    ['ratelimit', -1],
    ['sessions', { user_id: 7 }],
    ['sessions', { user_id: 'u', expires_at: 'soon', last_activity: MS }],
    ['conversations', { messages: 'none', last_updated: MS }],
    ['analytics', null],
    ['security', [1]],
    ['flags', [true]],
  ])('of %s that is %j is refused', (name, stored) => {
    expect(shardNamed(name).schema(z).safeParse(stored).success).toBe(false);
  });

  it.each(shards.map((shard) => [shard.name, shard] as const))(
    'of %s tells the list as much as the value does',
    (name, shard) => {
      const { id, value } = shard.example;
      const metadata = {
        ...shard.summary(value),
        // What only the Worker knows when it writes.
        ...(name === 'ratelimit' ? { reset_at: MS } : {}),
        ...(name === 'cache'
          ? { status: 200, content_type: 'application/json', cached_at: MS + 300_000 }
          : {}),
      };
      const listing = { ...LISTING, metadata };
      const listed = shard.fromListing(id, listing);
      if (name === 'flags') expect(listed).toBeNull();
      else expect(listed).toEqual(shard.fromValue(id, value, listing));
    },
  );

  it.each(shards.map((shard) => [shard.name, shard] as const))(
    'of %s is read from the value when metadata is missing or of another shape',
    (_name, shard) => {
      for (const metadata of [
        null,
        [],
        'text',
        7,
        { unrelated: true },
        { event_type: 7, count: 'x' },
      ]) {
        expect(shard.fromListing(shard.example.id, { ...LISTING, metadata })).toBeNull();
      }
    },
  );
});

describe('metadata', () => {
  it('is left out where it would pass 1,024 bytes', () => {
    expect(asMetadata({ a: 'x'.repeat(1016) })).toEqual({ a: 'x'.repeat(1016) });
    expect(asMetadata({ a: 'x'.repeat(1017) })).toBeUndefined();
    expect(asMetadata({ a: 'é'.repeat(600) })).toBeUndefined();
  });

  it('is clipped between characters', () => {
    expect(clip('ab😀', 3)).toBe('ab');
    expect(clip('ab😀', 4)).toBe('ab😀');
    expect(byteLength(clip('😀'.repeat(10), 7))).toBe(12);
  });
});

describe('a stored time', () => {
  it.each([
    [MS, MS],
    [MS / 1000, MS],
    [String(MS), MS],
    [ISO, MS],
    ['2025-12-31', 1767139200000],
    [-1, null],
    [Number.NaN, null],
    [1e300, null],
    ['', null],
    ['tomorrow', null],
    [null, null],
    [true, null],
  ])('%j is %j', (stored, ms) => expect(toMilliseconds(stored)).toBe(ms));
});
