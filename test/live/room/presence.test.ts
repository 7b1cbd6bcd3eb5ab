import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PresenceSnapshot } from '../../../src/live/presence-rpc.ts';
import { CLOSE, type Person } from '../../../src/live/protocol.ts';
import { Crowd } from '../../../worker/live/src/room/crowd.ts';
import { MAX_ROOMS } from '../../../worker/live/src/room/limits.ts';
import { Presence } from '../../../worker/live/src/room/presence.ts';
import { enter, newRoom, session, stubOf, type Visitor } from './visitor.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Moves the clock of the rooms, and no timer. */
function passed(ms: number): void {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: now + ms });
}

/** Those who are here, as a visitor has been told it. */
function here({ frames }: Visitor): string[] {
  const people = new Map<string, Person>();
  for (const frame of frames) {
    if (frame.type !== 'presence') continue;
    if (frame.people) people.clear();
    for (const person of [...(frame.people ?? []), ...(frame.changed ?? [])]) {
      people.set(person.user, person);
    }
    for (const user of frame.left ?? []) people.delete(user);
  }
  return [...people.values()].map(({ user, sockets }) => `${user} ${sockets}`).sort();
}

const left = (user: string) => (frame: { left?: string[] }) => frame.left?.includes(user) ?? false;
const shows = (user: string, sockets: number) => (frame: { changed?: Person[] }) =>
  frame.changed?.some((person) => person.user === user && person.sockets === sockets) ?? false;

describe('who is in a room', () => {
  it('is told when they come and when they go', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann');
    const bob = await enter(room, 'bob');
    await ann.until('presence', shows('bob', 1));
    expect(here(ann)).toEqual(['ann 1', 'bob 1']);
    expect(here(bob)).toEqual(['ann 1', 'bob 1']);
    bob.ws.close(1000);
    await ann.until('presence', left('bob'));
    expect(here(ann)).toEqual(['ann 1']);
  });

  it('is one person, however many tabs, until the last is closed', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann');
    const [one, other] = [await enter(room, 'bob'), await enter(room, 'bob')];
    await ann.until('presence', shows('bob', 2));
    const { people } = await stubOf(room).describe();
    expect(people.find(({ user }) => user === 'bob')).toMatchObject({ sockets: 2 });
    one.ws.close(1000);
    await ann.until('presence', (frame) => shows('bob', 1)(frame) && here(ann).includes('bob 1'));
    other.ws.close(1000);
    await ann.until('presence', left('bob'));
    expect(here(ann)).toEqual(['ann 1']);
  });

  it('keeps since when somebody has been here, over their tabs', async () => {
    const room = newRoom();
    const first = await enter(room, 'ann');
    const [before] = (await stubOf(room).describe()).people;
    passed(60_000);
    const second = await enter(room, 'ann');
    first.ws.close(1000);
    await second.until('presence', shows('ann', 1));
    const [after] = (await stubOf(room).describe()).people;
    expect(after?.since).toBe(before?.since);
  });

  it('has its late end told: a superseded socket takes nobody away', async () => {
    const room = newRoom();
    const bob = await enter(room, 'bob');
    const old = await enter(room, 'ann', { client: 'tab' });
    await enter(room, 'ann', { client: 'tab' });
    expect((await old.closed).code).toBe(CLOSE.superseded);
    old.ws.close(1000);
    const cat = await enter(room, 'cat');
    await bob.until('presence', shows('cat', 1));
    cat.ws.close(1000);
    await bob.until('presence', left('cat'));
    expect(here(bob)).toEqual(['ann 1', 'bob 1']);
    expect(bob.all('presence').filter(left('ann'))).toEqual([]);
  });

  it('is known after the eviction of the object, and a close then is told', async () => {
    const room = newRoom();
    const [ann, bob] = [await enter(room, 'ann'), await enter(room, 'bob')];
    await ann.until('presence', shows('bob', 1));
    await evictDurableObject(stubOf(room));
    expect((await stubOf(room).describe()).people.map(({ user }) => user).sort()).toEqual([
      'ann',
      'bob',
    ]);
    await evictDurableObject(stubOf(room));
    bob.ws.close(1000);
    await ann.until('presence', left('bob'));
  });

  it('tells that somebody types, to the others only', async () => {
    const room = newRoom();
    const [ann, bob] = [await enter(room, 'ann'), await enter(room, 'bob')];
    ann.send({ type: 'typing', on: true });
    expect(await bob.until('typing')).toEqual({ type: 'typing', user: 'ann', on: true });
    expect(ann.all('typing')).toEqual([]);
  });
});

describe('a ghost', () => {
  it('is gone with the second look, though no close came', async () => {
    const room = newRoom();
    const [ann, bob] = [await enter(room, 'ann'), await enter(room, 'bob')];
    passed(20_000);
    ann.say(1);
    await runDurableObjectAlarm(stubOf(room));
    passed(20_000);
    await runDurableObjectAlarm(stubOf(room));
    expect((await bob.closed).code).toBe(CLOSE.silent);
    await ann.until('presence', left('bob'));
    expect(here(ann)).toEqual(['ann 1']);
  });

  it('is not somebody who pings', async () => {
    const room = newRoom();
    passed(-40_000);
    const ann = await enter(room, 'ann');
    vi.useRealTimers();
    ann.ws.send('ping');
    await new Promise((resolve) => ann.ws.addEventListener('message', resolve, { once: true }));
    await runDurableObjectAlarm(stubOf(room));
    expect((await stubOf(room).describe()).sockets).toBe(1);
  });

  it('is found however often and late the alarm comes', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann');
    passed(3_600_000);
    await Promise.all([runDurableObjectAlarm(stubOf(room)), runDurableObjectAlarm(stubOf(room))]);
    await runDurableObjectAlarm(stubOf(room));
    expect((await ann.closed).code).toBe(CLOSE.silent);
    expect((await stubOf(room).describe()).people).toEqual([]);
  });
});

describe('the directory', () => {
  const crowdOf = (...users: string[]) => {
    const crowd = new Crowd();
    const closed: number[] = [];
    for (const user of users) {
      const state = { user, client: 'c', since: 1, active: 2 };
      const member = { ws: {}, isOpen: true, state, close: (code: number) => closed.push(code) };
      crowd.add(member as never);
    }
    return { crowd, closed };
  };
  const conversation = { tellLive() {} } as never;
  const store = { holds: false, listed: false };
  const namespaceOf = (directory: object) => ({ getByName: () => directory }) as never;

  it('gets one report at a time, the last with the newest', async () => {
    const { crowd } = crowdOf('ann');
    const reports: [PresenceSnapshot, number][] = [];
    let release = () => {};
    const report = (...given: [PresenceSnapshot, number]) => {
      reports.push(given);
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    };
    const presence = new Presence(crowd, conversation, store, namespaceOf({ report }));
    const first = presence.report('lobby');
    await presence.report('lobby');
    await presence.report('lobby');
    expect(reports).toHaveLength(1);
    release();
    await vi.waitFor(() => expect(reports).toHaveLength(2));
    release();
    await first;
    expect(reports[1]).toEqual([
      {
        room: 'lobby',
        at: expect.any(Number),
        people: [{ user: 'ann', since: 1, lastActive: 2, sockets: 1 }],
        stored: false,
      },
      60_000,
    ]);
  });

  it('may fail, and the next report is sent', async () => {
    const { crowd } = crowdOf('ann');
    const report = vi.fn(() => Promise.reject(new Error('overloaded')));
    const presence = new Presence(crowd, conversation, store, namespaceOf({ report }));
    await presence.report('lobby');
    await presence.report('lobby');
    expect(report).toHaveBeenCalledTimes(2);
  });

  it.each([
    [MAX_ROOMS, []],
    [MAX_ROOMS + 1, [CLOSE.tooManyRooms]],
  ])('that knows somebody in %i rooms has that one closed %j', async (rooms, expected) => {
    const { crowd, closed } = crowdOf('ann');
    const listed = Array.from({ length: rooms }, (_, i) => ({ room: `${i}`, at: 0, people: [] }));
    const directory = { report: async () => {}, list: async () => listed };
    const presence = new Presence(crowd, conversation, store, namespaceOf(directory));
    presence.changed('lobby', 'ann');
    await presence.show('lobby');
    expect(closed).toEqual(expected);
  });

  it('that never answers holds up nobody who joins', async () => {
    // The bench of this project has no directory bound; a room must work without, too.
    const ann = await enter(newRoom(), 'ann', { identity: await session('ann') });
    expect(here(ann)).toEqual(['ann 1']);
  });
});
