import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeValue } from '../../src/kv/records.ts';
import { byteLength } from '../../src/shards/key.ts';
import { shards } from '../../src/shards/list.ts';
import { encodeSession } from '../../src/shards/session.ts';
import { asMetadata, clip } from '../../src/shards/summary.ts';
import { toMilliseconds } from '../../src/shards/time.ts';

const MS = 1767222000000;
const ISO = '2025-12-31T23:00:00.000Z';
const LISTING = { expiration: MS / 1000 + 600, metadata: null };

/** Values as older Workers wrote them: shard, key, stored JSON. Each must fill every field of its row. */
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
  it.each(STORED)('of %s at %s fills every field: %j', (name, key, stored) => {
    const shard = shardNamed(name);
    const row = shard.fromValue(shard.key.parse(key), shard.decode(stored).value, LISTING);
    for (const [name, value] of Object.entries(row)) expect(value, name).toEqual(expect.anything());
  });

  it('of a bare cached body fills every field', () => {
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
    ['sessions', { user_id: '', expires_at: MS }],
    ['sessions', { user_id: ['u'], expires_at: MS }],
    ['sessions', { user_id: 'u', expires_at: 'soon', last_activity: MS }],
    ['conversations', { messages: 'none', last_updated: MS }],
    ['analytics', null],
    ['security', [1]],
    ['analytics', { path: '/', duration_ms: 3 }],
    ['flags', [true]],
    ['flags', null],
  ])('of %s that is %j is refused', (name, stored) => {
    const decoded = shardNamed(name).decode(stored);
    expect(decoded).toEqual({ value: null, problem: expect.any(String) });
  });

  it.each([
    ['sessions', { user_id: 42, expires_at: MS }, { user_id: '42', last_activity: null }],
    ['sessions', { user_id: 'u', expires_at: MS, last_activity: 'soon' }, { last_activity: null }],
    ['conversations', { messages: [] }, { last_updated: null }],
    ['analytics', { event: 'x', response_time: -1, path: {} }, { duration_ms: null, path: null }],
    ['security', { event: 'x', reason: [] }, { reason: null }],
  ])('of %s that is %j is read as far as it can be', (name, stored, value) => {
    expect(shardNamed(name).decode(stored)).toEqual({ value: expect.objectContaining(value) });
  });

  it('of a conversation keeps the messages that can be read, and counts the others', () => {
    const messages = [{ timestamp: MS, preview: 'hi' }, { timestamp: MS }, 'hi', null];
    expect(shardNamed('conversations').decode({ messages, last_updated: MS })).toEqual({
      value: { messages: [{ timestamp: MS, preview: 'hi' }], last_updated: MS },
      problem: '3 of 4 messages cannot be read',
    });
  });

  it('is read with a byte order mark before it, as the Worker does', () => {
    const { value } = decodeValue(shardNamed('ratelimit'), '\uFEFF17');
    expect(value).toBe(17);
  });

  it.each(shards.map((shard) => [shard.name, shard] as const))(
    'of %s tells the list as much as the value does',
    (name, shard) => {
      const { id, value } = shard.example;
      const metadata = {
        ...shard.encode(id, value).metadata,
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

describe('a record that is written', () => {
  it.each(shards.map((shard) => [shard.name, shard] as const))(
    'of %s is read back by the same codec',
    (_name, shard) => {
      const { id, value } = shard.example;
      expect(shard.key.parse(shard.key.format(id))).toEqual(id);
      const encoded = shard.encode(id, value);
      expect(decodeValue(shard, encoded.value)).toEqual({ value });
    },
  );

  it('of a session keeps the fields of its value that this version does not know', () => {
    const session = { user_id: 'u', expires_at: MS, last_activity: MS };
    const { value, metadata } = encodeSession(session, { ...session, theme: 'dark' });
    expect(JSON.parse(value)).toEqual({ ...session, theme: 'dark' });
    expect(metadata).toEqual(session);
  });
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
  const TIMES: [unknown, number | null][] = [
    [MS, MS],
    [MS / 1000, MS],
    [String(MS), MS],
    [String(MS / 1000), MS],
    [ISO, MS],
    ['2025-12-31', 1767139200000],
    ['2025-12-31 23:00:00', MS],
    ['2025-12-31T23:00:00', MS],
    ['2025-12-31T23:00:00.250', MS + 250],
    ['2025-12-31 23:00', MS],
    ['2026-01-01T08:00:00+09:00', MS],
    ['2026-01-01 08:00:00 +0900', MS],
    ['2025-12-31T23:00:00z', MS],
    ['2025-12-31 11:00 PM', null],
    ['2025-12-31 23:00:00 GMT', null],
    ['2025-12-31T25:00:00', null],
    [-1, null],
    [Number.NaN, null],
    [1e300, null],
    ['', null],
    ['tomorrow', null],
    [null, null],
    [true, null],
  ];

  describe.each(['UTC', 'Asia/Tokyo', 'America/St_Johns'])('in the zone %s', (zone) => {
    const { TZ } = process.env;
    beforeAll(() => {
      process.env.TZ = zone;
    });
    afterAll(() => {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
    });

    it('differs from UTC only in what this machine calls local time', () => {
      expect(new Date(MS).getTimezoneOffset() === 0).toBe(zone === 'UTC');
    });

    it.each(TIMES)('%j is %j', (stored, ms) => expect(toMilliseconds(stored)).toBe(ms));
  });
});
