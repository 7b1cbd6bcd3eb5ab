import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PresenceSnapshot } from '../../../src/live/presence-rpc.ts';
import type { Env } from '../../../worker/live/src/env.ts';

const { PRESENCE } = env as unknown as Env;

let directories = 0;
const newDirectory = () => PRESENCE.getByName(`directory ${++directories}`);

/** Later than now: alarms keep to the real clock, and must not ring by themselves. */
const START = Date.UTC(2030, 0, 1);
const LEASE = 30_000;

const snapshot = (room: string, at: number, ...users: string[]): PresenceSnapshot => ({
  room,
  at,
  people: users.map((user) => ({ user, since: START - 5000, lastActive: START, sockets: 2 })),
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
});
afterEach(() => vi.useRealTimers());

describe('the directory', () => {
  it('tells who is online, where', async () => {
    const directory = newDirectory();
    await directory.report(snapshot('b', START, 'ann', 'bob'), LEASE);
    await directory.report(snapshot('a', START, 'ann'), LEASE);
    await directory.report(snapshot('c', START), LEASE);
    expect(await directory.list({})).toEqual([
      snapshot('a', START, 'ann'),
      snapshot('b', START, 'ann', 'bob'),
    ]);
    expect(await directory.list({ room: 'b' })).toEqual([snapshot('b', START, 'ann', 'bob')]);
    expect(await directory.list({ user: 'bob' })).toEqual([snapshot('b', START, 'bob')]);
    expect(await directory.list({ room: 'a', user: 'bob' })).toEqual([]);
  });

  it('forgets a room whose lease has ended', async () => {
    const directory = newDirectory();
    await directory.report(snapshot('a', START, 'ann'), LEASE);
    vi.setSystemTime(START + LEASE - 1);
    expect(await directory.list({})).toHaveLength(1);
    vi.setSystemTime(START + LEASE);
    expect(await directory.list({})).toEqual([]);
  });

  it('does not let a late copy of a report live longer', async () => {
    const directory = newDirectory();
    await directory.report(snapshot('a', START, 'ann'), LEASE);
    vi.setSystemTime(START + 20_000);
    await directory.report(snapshot('a', START, 'ann'), LEASE);
    vi.setSystemTime(START + LEASE);
    expect(await directory.list({})).toEqual([]);
    await directory.report(snapshot('a', START, 'ann'), LEASE);
    expect(await directory.list({})).toEqual([]);
  });

  it('lets no older snapshot overwrite a newer one', async () => {
    const directory = newDirectory();
    await directory.report(snapshot('a', START, 'bob'), LEASE);
    await directory.report(snapshot('a', START - 1, 'ann'), LEASE);
    expect(await directory.list({})).toEqual([snapshot('a', START, 'bob')]);
  });

  it('takes an older snapshot once the newer one is over: the clock of a room may go back', async () => {
    const directory = newDirectory();
    await directory.report(snapshot('a', START + 3_600_000, 'ann'), LEASE);
    vi.setSystemTime(START + LEASE);
    await directory.report(snapshot('a', START + LEASE, 'bob'), LEASE);
    expect(await directory.list({ user: 'bob' })).toHaveLength(1);
  });

  it('bounds the lease of a room whose clock is ahead, or who asks for a year', async () => {
    const directory = newDirectory();
    await directory.report(snapshot('a', START + 86_400_000, 'ann'), 365 * 86_400_000);
    vi.setSystemTime(START + 600_000);
    expect(await directory.list({})).toEqual([]);
  });

  it('survives eviction', async () => {
    const directory = newDirectory();
    await directory.report(snapshot('a', START, 'ann'), LEASE);
    await evictDurableObject(directory);
    expect(await directory.list({})).toEqual([snapshot('a', START, 'ann')]);
  });

  it('keeps no people longer than their lease, and rooms for 31 days', async () => {
    const directory = newDirectory();
    await directory.report(snapshot('a', START, 'ann'), LEASE);
    await directory.report(snapshot('empty', START), LEASE);
    const rows = () =>
      runInDurableObject(directory, (_object, { storage }) =>
        storage.sql.exec('SELECT room, people FROM rooms').toArray(),
      );
    vi.setSystemTime(START + 3_600_000);
    await runDurableObjectAlarm(directory);
    await runInDurableObject(directory, (object) => object.alarm?.());
    expect(await rows()).toEqual([{ room: 'a', people: '[]' }]);
    expect(await directory.rooms({ after: '', limit: 10 })).toEqual([
      { room: 'a', lastSeen: START },
    ]);
    vi.setSystemTime(START + 32 * 86_400_000);
    expect(await directory.rooms({ after: '', limit: 10 })).toEqual([]);
    await runDurableObjectAlarm(directory);
    expect(await rows()).toEqual([]);
    const alarm = await runInDurableObject(directory, (_object, { storage }) => storage.getAlarm());
    expect(alarm).toBeNull();
  });

  it('lists rooms page by page', async () => {
    const directory = newDirectory();
    for (const room of ['c', 'a', 'b']) await directory.report(snapshot(room, START, 'ann'), LEASE);
    const names = async (after: string) =>
      (await directory.rooms({ after, limit: 2 })).map(({ room }) => room);
    expect([await names(''), await names('b'), await names('c')]).toEqual([['a', 'b'], ['c'], []]);
  });

  it.each([
    [null],
    [{ at: START, people: [] }],
    [{ room: 'x'.repeat(513), at: START, people: [] }],
    [{ room: 'a', at: 'now', people: [] }],
    [{ room: 'a', at: Number.NaN, people: [] }],
    [{ room: 'a', at: 1e300, people: [] }],
  ])('refuses what is no snapshot: %j', async (given) => {
    const directory = newDirectory();
    const outcome = await directory.report(given as never, LEASE).catch((error) => `${error}`);
    expect(outcome).toMatch(/TypeError: a snapshot has to/);
    expect(await directory.list({})).toEqual([]);
  });

  it('leaves out people that are malformed, and fields that it does not know', async () => {
    const directory = newDirectory();
    const ann = { user: 'ann', since: START, mood: 'good' };
    const people = [ann, { user: '', since: 1 }, { user: 'bob' }, 7, null];
    await directory.report({ room: "'; --", at: START, people, topic: 'x' } as never, LEASE);
    expect(await directory.list({})).toEqual([
      {
        room: "'; --",
        at: START,
        people: [{ user: 'ann', since: START, lastActive: START, sockets: 1 }],
      },
    ]);
  });

  it('ends with the latest snapshot of each room, in whatever order and however often they come', async () => {
    const report = fc.record({
      room: fc.constantFrom('a', 'b'),
      at: fc.integer({ min: 0, max: 9 }).map((ms) => START - ms),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(report, { minLength: 1, maxLength: 8 }), async (reports) => {
        const directory = newDirectory();
        for (const { room, at } of [...reports, ...reports.slice(0, 3)]) {
          await directory.report(snapshot(room, at, `u${at}`), LEASE);
        }
        const latest = ['a', 'b'].flatMap((room) => {
          const times = reports.filter((each) => each.room === room).map(({ at }) => at);
          return times.length > 0
            ? [snapshot(room, Math.max(...times), `u${Math.max(...times)}`)]
            : [];
        });
        expect(await directory.list({})).toEqual(latest);
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});

describe('a room that stores something', () => {
  it('is listed by that, with nobody in it, until it says that it does not', async () => {
    const directory = newDirectory();
    const names = async () =>
      (await directory.rooms({ after: '', limit: 10 })).map(({ room }) => room);
    await directory.report({ ...snapshot('a', START), stored: true }, LEASE);
    expect(await directory.list({})).toEqual([]);
    vi.setSystemTime(START + 40 * 86_400_000);
    await runInDurableObject(directory, (object) => object.alarm?.());
    await directory.report(snapshot('a', START + 1), LEASE);
    expect(await names()).toEqual(['a']);
    await directory.report({ ...snapshot('a', START), stored: false }, LEASE);
    expect(await names()).toEqual([]);
  });

  it('is listed though its clock has gone back', async () => {
    const directory = newDirectory();
    await directory.report(snapshot('a', START + 3_600_000, 'ann'), LEASE);
    await directory.report({ ...snapshot('a', START), stored: true }, LEASE);
    vi.setSystemTime(START + 40 * 86_400_000);
    expect(await directory.rooms({ after: '', limit: 10 })).toHaveLength(1);
  });

  it('finds its place in a directory of the version before', async () => {
    const directory = newDirectory();
    await runInDurableObject(directory, (_object, { storage }) => {
      storage.sql.exec('ALTER TABLE rooms DROP COLUMN stored');
    });
    await evictDurableObject(directory);
    await directory.report({ ...snapshot('a', START), stored: true }, LEASE);
    expect(await directory.rooms({ after: '', limit: 10 })).toHaveLength(1);
  });
});
