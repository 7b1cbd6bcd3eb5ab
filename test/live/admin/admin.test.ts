import { env } from 'cloudflare:test';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  ADMIN_VERSION,
  type AdminRequest,
  decodeAnswer,
  readLimit,
  readPresence,
  readRooms,
  readUser,
} from '../../../src/live/admin.ts';
import { DIRECTORY } from '../../../src/live/presence-rpc.ts';
import { roomName } from '../../../src/live/room-name.ts';
import type { AdminEnv, AdminRoom } from '../../../worker/live/src/admin/asked.ts';
import { answerAdmin } from '../../../worker/live/src/admin.ts';
import type { Env } from '../../../worker/live/src/env.ts';

const live = env as unknown as Env;

/** Rooms that note what they are asked. */
function fakeRooms(broken: string[] = []) {
  const calls: unknown[] = [];
  const getByName = (room: string): AdminRoom => {
    const noting = (method: string) => async (argument?: unknown) => {
      if (broken.includes(room)) throw new Error('a secret of the room');
      calls.push([room, method, ...(argument === undefined ? [] : [argument])]);
      return { did: method };
    };
    return new Proxy({} as AdminRoom, { get: (_target, method) => noting(String(method)) });
  };
  return { calls, ROOMS: { getByName } };
}

function newAdmin(more: { [Name in keyof AdminEnv]?: AdminEnv[Name] | undefined } = {}) {
  const bindings = { ...live, ...more } as unknown as AdminEnv;
  return (line: string, body: Record<string, unknown> = {}, fields: Partial<AdminRequest> = {}) => {
    const [method = '', target = ''] = line.split(' ');
    const [path = '', query = ''] = target.split('?');
    const given = { version: ADMIN_VERSION, method, path, query, body, ipv6_prefix: 64 };
    return answerAdmin(bindings, { ...given, ...fields });
  };
}

describe('limits', () => {
  const admin = newAdmin();

  it('are shown, blocked and reset, with the mirror', async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const idle = {
      client: '203.0.113.1',
      limit: 100,
      count: 0,
      leased: 0,
      reset_at: null,
      blocked_until: null,
    };
    const blocked = { ...idle, reset_at: until, blocked_until: until };
    expect(await admin('GET limits/203.0.113.1')).toEqual({
      status: 200,
      body: { version: 1, ...idle },
    });
    expect(await admin('PUT limits/203.0.113.1', { until })).toMatchObject({ body: blocked });
    expect(await live.GOBLIN_KV.get('ratelimit:203.0.113.1')).toBe('100');
    expect(await admin('GET limits/203.0.113.1')).toMatchObject({ body: blocked });
    expect(await admin('DELETE limits/203.0.113.1')).toMatchObject({ body: idle });
    expect(await live.GOBLIN_KV.get('ratelimit:203.0.113.1')).toBeNull();
    const { body } = await admin('GET limits/203.0.113.1');
    expect(decodeAnswer(body, readLimit)).toEqual({ answer: idle });
  });

  it.each([
    ['2001:db8:1:2::9', 64, '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', 56, '2001:db8:1::/56'],
    ['2001%3Adb8%3A1%3A2%3A%3A%2F64', 128, '2001:db8:1:2::/64'],
    ['unknown', 64, 'unknown'],
  ])('are found by address and by network: %s with /%d', async (name, ipv6_prefix, client) => {
    expect(await admin(`GET limits/${name}`, {}, { ipv6_prefix })).toMatchObject({
      status: 200,
      body: { client },
    });
  });

  it.each(['1.2.3', '203.0.113.0%2F24', '2001:db8:1:2::9%2F64', '::%2F0', 'x', '%00'])(
    'have no client %s',
    async (name) => {
      expect(await admin(`GET limits/${name}`)).toMatchObject({
        status: 400,
        body: { version: 1, error: { code: 'bad_request' } },
      });
    },
  );

  it.each([undefined, 'soon', '2020-01-01T00:00:00Z', Date.now() + 31 * 86_400_000, 1])(
    'are not blocked until %j',
    async (until) => {
      expect(await admin('PUT limits/203.0.113.2', { until })).toMatchObject({ status: 400 });
    },
  );
});

describe('presence and rooms', () => {
  it('are told by the directory, in the form that the caller reads', async () => {
    const admin = newAdmin();
    const at = Date.now();
    const people = [
      { user: 'ann', since: at - 1000, lastActive: at, sockets: 2 },
      { user: 'bob', since: at, lastActive: at, sockets: 1 },
    ];
    await live.PRESENCE.getByName(DIRECTORY).report({ room: 'tea', at, people }, 30_000);
    const time = new Date(at).toISOString();
    const ann = {
      user_id: 'ann',
      since: new Date(at - 1000).toISOString(),
      last_active: time,
      sockets: 2,
    };
    const presence = await admin('GET presence?room=tea&user=ann');
    expect(decodeAnswer(presence.body, readPresence)).toEqual({
      answer: [{ room: 'tea', at: time, people: [ann] }],
    });
    const rooms = await admin('GET rooms');
    expect(decodeAnswer(rooms.body, readRooms)).toEqual({
      answer: { rooms: [{ room: 'tea', people: 2, sockets: 3, last_seen: time }], next: null },
    });
    expect(await admin('GET rooms?limit=1')).toMatchObject({ body: { next: 'tea' } });
    expect(await admin('GET rooms?after=tea')).toMatchObject({ body: { rooms: [], next: null } });
  });

  it.each([
    ['GET rooms/tea', {}, ['tea', 'describe']],
    ['GET rooms/tea/history', {}, ['tea', 'history', { limit: 100 }]],
    ['GET rooms/tea/history?after=7&limit=3', {}, ['tea', 'history', { after: 7, limit: 3 }]],
    ['GET rooms/tea/export', {}, ['tea', 'export']],
    ['GET rooms/b%20c', {}, ['b c', 'describe']],
    ['GET rooms/e%CC%81', {}, ['\u00e9', 'describe']],
    [
      'POST rooms/tea/say',
      { text: 'hi', client: 'c', n: 4 },
      ['tea', 'say', { room: 'tea', user: 'operator', client: 'c', n: 4, text: 'hi' }],
    ],
    ['POST rooms/tea/kick', { user_id: 'ann' }, ['tea', 'kick', { user: 'ann', seconds: 600 }]],
    ['POST rooms/tea/close', {}, ['tea', 'close', { room: 'tea', erase: false }]],
    ['POST rooms/tea/close', { erase: true }, ['tea', 'close', { room: 'tea', erase: true }]],
    ['POST rooms/tea/open', {}, ['tea', 'open']],
    ['GET rooms/tea/document', {}, ['tea', 'docGet']],
    [
      'PUT rooms/tea/document',
      { field: 'a', value: null, base: 3 },
      ['tea', 'docSet', { room: 'tea', user: 'operator', field: 'a', value: null, base: 3 }],
    ],
  ])('%s is one call of the room', async (line, body, call) => {
    const { calls, ROOMS } = fakeRooms();
    const { status, body: answer } = await newAdmin({ ROOMS })(line, body);
    expect({ status, answer }).toMatchObject({
      status: 200,
      answer: { version: 1, room: call[0], did: call[1] },
    });
    expect(calls).toEqual([call]);
  });

  it.each([
    ['POST rooms/tea/say', {}],
    ['POST rooms/tea/say', { text: '' }],
    ['POST rooms/tea/say', { text: 'hi', n: -1 }],
    ['POST rooms/tea/close', { erase: 'yes' }],
    ['POST rooms/tea/kick', { user_id: 'ann', seconds: 1e9 }],
    ['POST rooms/tea/tickets', { user_id: 7 }],
    ['POST rooms/tea/kick', {}],
    ['POST rooms/tea/kick', { user_id: '' }],
    ['GET rooms/tea/history?after=-1', {}],
    ['GET rooms/tea/history?limit=1001', {}],
    ['GET rooms?limit=0', {}],
    ['PUT rooms/tea/document', { value: 1 }],
    ['PUT rooms/tea/document', { field: 'a' }],
    ['PUT rooms/tea/document', { field: 'a', value: 1, base: 'x' }],
    ['DELETE users/%00%', {}],
  ])('%s with %j is refused', async (line, body) => {
    const { calls, ROOMS } = fakeRooms();
    expect(await newAdmin({ ROOMS })(line, body)).toMatchObject({
      status: 400,
      body: { version: 1, error: { code: 'bad_request' } },
    });
    expect(calls).toEqual([]);
  });

  it.each([
    `${'x'.repeat(10_240)}`,
    '%0a',
    'a%1b%5d0;x',
    '%E2%80%AE',
    '%EF%BB%BF',
    '%20tea',
    'tea%20',
    '%ff',
    '%',
    '%F0%9F',
  ])('no room is called %s', async (name) => {
    const { calls, ROOMS } = fakeRooms();
    expect(await newAdmin({ ROOMS })(`GET rooms/${name}`)).toMatchObject({ status: 400 });
    expect(calls).toEqual([]);
  });

  it('a ticket is for a session that the room can look up', async () => {
    const { calls, ROOMS } = fakeRooms();
    expect(await newAdmin({ ROOMS })('POST rooms/tea/tickets')).toMatchObject({ status: 200 });
    const [, , call] = calls[0] as [string, string, { token: string; expires_at: number }];
    expect(call).toMatchObject({ room: 'tea', user: 'operator' });
    expect(await live.GOBLIN_KV.get(`session:${call.token}`, 'json')).toMatchObject({
      user_id: 'operator',
      expires_at: call.expires_at,
    });
  });

  it('what a room refuses is 409, with its code', async () => {
    const closed = { say: async () => ({ error: 'room_closed' }) } as unknown as AdminRoom;
    const ROOMS = { getByName: () => closed };
    expect(await newAdmin({ ROOMS })('POST rooms/tea/say', { text: 'hi' })).toMatchObject({
      status: 409,
      body: { version: 1, error: { code: 'room_closed' } },
    });
  });

  it('a name has one spelling, whatever is asked for', () => {
    const letters = fc.constantFrom(
      'a',
      'é',
      'e\u0301',
      'ñ',
      '가',
      '\u1100\u1161',
      ' ',
      '😀',
      '\ud83d',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 30 }), (parts) => {
        const text = parts.join('');
        const name = roomName(text);
        expect(roomName(text.normalize('NFC'))).toBe(name);
        expect(roomName(text.normalize('NFD'))).toBe(name);
        if (name === undefined) return;
        expect(roomName(name)).toBe(name);
        expect(decodeURIComponent(encodeURIComponent(name))).toBe(name);
      }),
    );
  });

  it('a user is looked for in all rooms that are known; those that hold nothing are left out', async () => {
    const rooms = ['r1', 'r2', 'r3'].map((room) => ({ room, lastSeen: 1 }));
    const PRESENCE = {
      getByName: () => ({ rooms: async () => rooms }),
    } as unknown as AdminEnv['PRESENCE'];
    const none = { messages: 0, fields: 0, traces: 0, sockets: 0 };
    const getByName = (name: string) => ({
      aboutUser: async ({ user }: { user: string }) => {
        if (name === 'r2') throw new Error('a secret of the room');
        return name === 'r3' && user === 'u_4/2' ? { ...none, traces: 1 } : none;
      },
    });
    const ROOMS = { getByName } as unknown as NonNullable<AdminEnv['ROOMS']>;
    const { body } = await newAdmin({ PRESENCE, ROOMS })('GET users/u_4%2F2');
    expect(body).toMatchObject({ user_id: 'u_4/2', failed: ['r2'], next: null });
    expect(decodeAnswer(body, readUser)).toEqual({
      answer: { rooms: [{ room: 'r3', ...none, traces: 1 }], failed: ['r2'], next: null },
    });
    const without = await newAdmin({ PRESENCE, ROOMS: undefined })('GET users/u_4');
    expect(without).toMatchObject({ status: 404, body: { error: { code: 'no_route' } } });
  });

  it('a user is forgotten in all rooms that are known, and those that fail are named', async () => {
    const rooms = ['r1', 'r2', 'r3'].map((room) => ({ room, lastSeen: 1 }));
    const asked: unknown[] = [];
    const directory = {
      rooms: async (page: unknown) => {
        asked.push(page);
        return rooms;
      },
    };
    const PRESENCE = { getByName: () => directory } as unknown as AdminEnv['PRESENCE'];
    const { calls, ROOMS } = fakeRooms(['r2']);
    const { body } = await newAdmin({ PRESENCE, ROOMS })('DELETE users/u_4%2F2?after=q');
    expect(body).toEqual({
      version: 1,
      user_id: 'u_4/2',
      rooms: [
        { room: 'r1', result: { did: 'forgetUser' } },
        { room: 'r3', result: { did: 'forgetUser' } },
      ],
      failed: ['r2'],
      next: null,
    });
    expect(calls).toContainEqual(['r1', 'forgetUser', { user: 'u_4/2' }]);
    expect(asked).toEqual([{ after: 'q', limit: 500 }]);
  });
});

describe('any request', () => {
  it.each([
    'GET ',
    'GET nothing',
    'GET limits',
    'GET limits/',
    'POST limits/203.0.113.1',
    'GET rooms/a/history/more',
    'GET rooms/a/constructor',
    'GET constructor',
    'GET __proto__/x',
    'GET rooms/*/history/',
    'get rooms',
  ])('%s is no route', async (line) => {
    expect(await newAdmin()(line)).toMatchObject({
      status: 404,
      body: { version: 1, error: { code: 'no_route' } },
    });
  });

  it.each([0, 2, 1.5, Number.NaN])(
    'of version %d is refused, with the one that is spoken',
    async (version) => {
      const { status, body } = await newAdmin()('GET rooms', {}, { version });
      expect({ status, body }).toMatchObject({
        status: 400,
        body: { version: 1, error: { code: 'unsupported_version' } },
      });
    },
  );

  it('tells nothing from inside when something fails', async () => {
    const { ROOMS } = fakeRooms(['tea']);
    const answer = await newAdmin({ ROOMS })('GET rooms/tea');
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('is answered without rooms as well', async () => {
    expect(await newAdmin({ ROOMS: undefined })('GET rooms/tea')).toMatchObject({ status: 404 });
  });
});

describe('the caller', () => {
  const read = vi.fn((fields: Record<string, unknown>) => readLimit(fields));

  it('is told of a newer edge, an error, and what is no answer', () => {
    expect(decodeAnswer({ version: 2 }, read)).toMatchObject({
      error: { code: 'unsupported_version' },
    });
    expect(decodeAnswer({ error: { code: 'x', message: 'y' } }, read)).toEqual({
      error: { code: 'x', message: 'y' },
    });
    for (const json of [null, 'html', [], {}, { version: 1 }, { version: 1, client: 7 }]) {
      expect(decodeAnswer(json, read)).toMatchObject({ error: { code: 'bad_answer' } });
    }
  });

  it('ignores fields that it does not know, and does without those that are new', () => {
    const older = { version: 1, client: 'c', limit: 100, count: 1, mood: 'good' };
    expect(decodeAnswer(older, readLimit)).toEqual({
      answer: {
        client: 'c',
        limit: 100,
        count: 1,
        leased: 0,
        reset_at: null,
        blocked_until: null,
      },
    });
  });
});
