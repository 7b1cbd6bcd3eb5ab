import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CLOSE } from '../../../src/live/protocol.ts';
import { ask, enter, kv, newRoom, session, stubOf } from './visitor.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('a session that is over', () => {
  it('closes its sockets with the next look once it is revoked', async () => {
    const room = newRoom();
    const identity = await session('ann');
    const ann = await enter(room, 'ann', { identity });
    const bob = await enter(room, 'bob');
    await kv.delete(`session:${identity.token}`);
    await runDurableObjectAlarm(stubOf(room));
    expect((await ann.closed).code).toBe(CLOSE.sessionOver);
    await bob.until('presence', ({ left }) => left?.includes('ann') ?? false);
    expect((await stubOf(room).describe()).sockets).toBe(1);
  });

  it("closes them once it is another user's", async () => {
    const room = newRoom();
    const identity = await session('ann');
    const ann = await enter(room, 'ann', { identity });
    const stored = { user_id: 'eve', expires_at: identity.expires_at };
    await kv.put(`session:${identity.token}`, JSON.stringify(stored));
    await runDurableObjectAlarm(stubOf(room));
    expect((await ann.closed).code).toBe(CLOSE.sessionOver);
  });

  it('takes no frame once its time is over, and is closed without one', async () => {
    const room = newRoom();
    const [ann, bob] = [
      await enter(room, 'ann', { identity: await session('ann', 10_000) }),
      await enter(room, 'bob', { identity: await session('bob', 10_000) }),
    ];
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11_000 });
    ann.say(1);
    expect((await ann.closed).code).toBe(CLOSE.sessionOver);
    expect((await stubOf(room).describe()).seq).toBe(0);
    await runDurableObjectAlarm(stubOf(room));
    expect((await bob.closed).code).toBe(CLOSE.sessionOver);
  });

  it('is not one that was extended', async () => {
    const room = newRoom();
    const identity = await session('ann', 10_000);
    const ann = await enter(room, 'ann', { identity });
    const expires_at = Date.now() + 3_600_000;
    await kv.put(`session:${identity.token}`, JSON.stringify({ user_id: 'ann', expires_at }));
    await runDurableObjectAlarm(stubOf(room));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11_000 });
    ann.say(1);
    await ann.acknowledged(1);
  });
});

describe('a ticket', () => {
  const issue = async (room: string, user = 'ann') => {
    const answer = await stubOf(room).ticket({ room, ...(await session(user)) });
    if ('error' in answer) throw new Error(answer.error);
    return answer;
  };
  const statusOf = async (room: string, ticket: unknown) => {
    const { status, webSocket } = await ask(room, { ticket });
    webSocket?.accept();
    return status;
  };

  it('is good for one socket', async () => {
    const room = newRoom();
    const { ticket } = await issue(room);
    const statuses = await Promise.all([1, 2, 3].map(() => statusOf(room, ticket)));
    expect(statuses.sort()).toEqual([101, 401, 401]);
  });

  it('is of no use elsewhere, and to whoever guesses', async () => {
    const [room, other] = [newRoom(), newRoom()];
    const { ticket } = await issue(room);
    expect(await statusOf(other, ticket)).toBe(401);
    for (const guess of ['', 'x'.repeat(1000), null, { user: 'ann' }]) {
      expect(await statusOf(room, guess)).toBe(401);
    }
    expect(await statusOf(room, ticket)).toBe(101);
  });

  it.each([31_000, -60_000])(
    'is over after 30 s, and when the clock moves by %i ms',
    async (ms) => {
      const room = newRoom();
      const { ticket } = await issue(room);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
      expect(await statusOf(room, ticket)).toBe(401);
    },
  );

  it('leaves nothing behind in a room in which nothing was said', async () => {
    const room = newRoom();
    await issue(room);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    await runDurableObjectAlarm(stubOf(room));
    expect((await stubOf(room).describe()).epoch).toBeNull();
    expect(await runDurableObjectAlarm(stubOf(room))).toBe(false);
  });
});
