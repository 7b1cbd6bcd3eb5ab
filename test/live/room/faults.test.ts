import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CLOSE, type ClientFrame, isFinalClose } from '../../../src/live/protocol.ts';
import {
  BURST_SECONDS,
  FRAMES_PER_SECOND,
  HISTORY,
  HISTORY_MS,
  MAX_EXCESS,
  MAX_MALFORMED,
  MAX_SOCKETS,
  MAX_UNANSWERED,
  MAX_USER_SOCKETS,
  SYNC_MS,
} from '../../../worker/live/src/room/limits.ts';
import type { Attachment } from '../../../worker/live/src/room/member.ts';
import { ask, connect, enter, newRoom, session, stubOf, type Visitor } from './visitor.ts';

afterEach(() => {
  vi.useRealTimers();
});

const BURST = FRAMES_PER_SECOND * BURST_SECONDS;

/** Many messages of many users, stored in one go. */
async function fill(room: string, count: number, text = 'x'): Promise<void> {
  await runInDurableObject(stubOf(room), async (instance) => {
    for (let n = 1; n <= count; n++) {
      await instance.say({ room, user: 'op', client: 'op', n, text: `${text} ${n}` });
    }
  });
}

describe('frames that are not valid', () => {
  it.each([
    ['broken', '{"type":'],
    ['binary', new ArrayBuffer(64)],
    ['of 1 MiB', `{"type":"message","n":1,"text":"${'x'.repeat(1_048_576)}"}`],
    ['of an unknown type', '{"type":"shutdown"}'],
  ])('that are %s are told, and close the socket for good after so many', async (_what, data) => {
    const room = newRoom();
    const [ann, bob] = [await enter(room, 'ann'), await enter(room, 'bob')];
    ann.send(data);
    expect((await ann.until('error')).code).toMatch(/^(bad_frame|unknown_type)$/);
    for (let i = 1; i < MAX_MALFORMED; i++) ann.send(data);
    const { code } = await ann.closed;
    expect(code).toBe(CLOSE.badProtocol);
    expect(isFinalClose(code)).toBe(true);
    await bob.until('presence', ({ left }) => left?.includes('ann') ?? false);
    expect((await stubOf(room).describe()).seq).toBe(0);
  });

  it('before the hello are told, and nothing is done for them', async () => {
    const room = newRoom();
    const ann = await connect(room, await session('ann'));
    ann.say(1);
    expect(await ann.until('error')).toMatchObject({ code: 'hello_first' });
    expect((await stubOf(room).describe()).people).toEqual([]);
  });
});

describe('a flood', () => {
  it('is refused beyond the rate, with when to try again, and then closed', async () => {
    const room = newRoom();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const ann = await enter(room, 'ann');
    for (let n = 1; n <= BURST + MAX_EXCESS + 1; n++) ann.say(n);
    const error = await ann.until('error', ({ code }) => code === 'rate_limited');
    // The hello was a frame, too.
    expect(error.n).toBe(BURST);
    expect(error.retry_ms).toBe(1000 / FRAMES_PER_SECOND);
    const { code } = await ann.closed;
    expect(code).toBe(CLOSE.flood);
    expect(isFinalClose(code)).toBe(false);
    expect((await stubOf(room).describe()).seq).toBe(BURST - 1);
  });

  it('goes on where it was refused, without loss', async () => {
    const room = newRoom();
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now });
    const ann = await enter(room, 'ann');
    for (let n = 1; n <= BURST + 2; n++) ann.say(n);
    await ann.until('error', ({ n }) => n === BURST + 2);
    vi.setSystemTime(now + 1000);
    for (let n = BURST; n <= BURST + 2; n++) ann.say(n);
    await ann.acknowledged(BURST + 2);
    expect((await stubOf(room).describe()).seq).toBe(BURST + 2);
  });

  it('of one user over several sockets is limited as one', async () => {
    const room = newRoom();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const tabs = await Promise.all([1, 2, 3].map(() => enter(room, 'ann')));
    for (const tab of tabs) for (let n = 1; n < BURST; n++) tab.say(n);
    const last = BURST - 1;
    await Promise.all(tabs.map((tab) => tab.until('error', ({ n }) => n === last)));
    // Each hello was a frame, too.
    expect((await stubOf(room).describe()).seq).toBe(2 * BURST - 3);
  });
});

describe('too many sockets', () => {
  it('of a user are refused', async () => {
    const room = newRoom();
    const identity = await session('ann');
    for (let i = 0; i < MAX_USER_SOCKETS; i++) await connect(room, identity);
    expect((await ask(room, identity)).status).toBe(503);
    expect((await ask(room, await session('bob'))).status).toBe(101);
  });

  it('of a room are refused', async () => {
    const room = newRoom();
    const identity = await session('ann');
    for (let i = 0; i < MAX_SOCKETS; i += 10) {
      const users = Array.from({ length: 10 }, (_, n) =>
        connect(room, { ...identity, user: `${i + n}` }),
      );
      await Promise.all(users);
    }
    expect((await ask(room, identity)).status).toBe(503);
  });
});

describe('a reader that does not read', () => {
  const text = 'x'.repeat(3900);
  const stateOf = (room: string, user: string) =>
    runInDurableObject(stubOf(room), (_, state) => {
      const attached = state.getWebSockets().map((ws) => ws.deserializeAttachment() as Attachment);
      return attached.find((each) => each.user === user);
    });
  /** As a well-behaved client does. */
  const answering = (visitor: Visitor) => {
    visitor.ws.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(data as string) as ClientFrame;
      if (frame.type === 'sync') visitor.send(frame);
    });
  };

  it('gets no more than so much, and then what it missed, without a gap', async () => {
    const room = newRoom();
    const [ann, bob] = [await enter(room, 'ann'), await enter(room, 'bob')];
    answering(bob);
    await fill(room, 400, text);
    await bob.until('messages', ({ upto }) => upto === 400);
    const state = await stateOf(room, 'ann');
    expect(state?.live).toBe(false);
    expect((state?.sent ?? 0) - (state?.answered ?? 0)).toBeLessThan(MAX_UNANSWERED + 10_000);
    const last = ann.all('sync').at(-1)?.sent ?? 0;
    answering(ann);
    ann.send({ type: 'sync', sent: last });
    await ann.until('messages', ({ upto }) => upto === 400);
    expect(ann.texts).toEqual(bob.texts);
    expect(ann.all('gap')).toEqual([]);
    expect((await stateOf(room, 'ann'))?.live).toBe(true);
  });

  it('is closed with a code to resume after, and the others notice nothing', async () => {
    const room = newRoom();
    const [ann, bob] = [await enter(room, 'ann'), await enter(room, 'bob')];
    await fill(room, 100, text);
    // Before the time has passed.
    bob.send(await bob.until('sync'));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + SYNC_MS + 1000 });
    bob.say(1);
    await bob.acknowledged(1);
    await runDurableObjectAlarm(stubOf(room));
    const { code } = await ann.closed;
    expect(code).toBe(CLOSE.slow);
    expect(isFinalClose(code)).toBe(false);
    expect((await stubOf(room).describe()).people.map(({ user }) => user)).toEqual(['bob']);
  });

  it('cannot say that it has got what was not sent', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann');
    ann.send({ type: 'sync', sent: Number.MAX_SAFE_INTEGER });
    await fill(room, 100, text);
    await ann.until('sync');
    const state = await stateOf(room, 'ann');
    expect(state?.answered).toBe(0);
  });
});

describe('history', () => {
  it('is the last messages; who joins gets 100, who was away longer is told of the gap', async () => {
    const room = newRoom();
    const first = await enter(room, 'ann');
    first.ws.close(1000);
    await fill(room, HISTORY + 250);
    const { pruned, messages } = await stubOf(room).history({ after: 0, limit: 1e6 });
    expect(pruned).toBeGreaterThanOrEqual(150);
    expect(messages.length).toBe(HISTORY + 250 - pruned);
    const joined = await enter(room, 'bob');
    expect(joined.texts).toHaveLength(100);
    expect(joined.all('gap')).toEqual([]);
    const back = await enter(room, 'ann', { epoch: first.welcome.epoch, since: 3 });
    expect(back.all('gap')).toEqual([{ type: 'gap', after: 3, upto: pruned, reason: 'pruned' }]);
    expect(back.texts).toHaveLength(HISTORY + 250 - pruned);
  });

  it('forgets no number by pruning: what was stored once is not stored again', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann', { client: 'a' });
    ann.say(1);
    await ann.acknowledged(1);
    await fill(room, HISTORY + 200);
    const { seq } = await stubOf(room).describe();
    ann.say(1);
    await ann.until('ack');
    expect((await stubOf(room).describe()).seq).toBe(seq);
  });

  it('ends after 30 days, and numbers go on', async () => {
    const room = newRoom();
    await fill(room, 3);
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: now + HISTORY_MS / 2 });
    const ann = await enter(room, 'ann');
    ann.say(1);
    await ann.acknowledged(1);
    vi.setSystemTime(now + HISTORY_MS + 60_000);
    await runDurableObjectAlarm(stubOf(room));
    const { messages, pruned, seq } = await stubOf(room).history({ after: 0 });
    expect(messages.map(({ seq: each }) => each)).toEqual([4]);
    expect({ pruned, seq }).toEqual({ pruned: 3, seq: 4 });
    vi.setSystemTime(now + 2 * HISTORY_MS);
    await runDurableObjectAlarm(stubOf(room));
    expect(await stubOf(room).history({ after: 0 })).toEqual({ messages: [], pruned: 4, seq: 4 });
    const bob = await enter(room, 'bob');
    bob.say(1);
    await bob.acknowledged(1);
    expect((await stubOf(room).describe()).seq).toBe(5);
  });
});

describe('a clock that goes back', () => {
  it('changes nothing in order, numbers and history', async () => {
    const room = newRoom();
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now });
    const ann = await enter(room, 'ann');
    ann.say(1);
    await ann.acknowledged(1);
    vi.setSystemTime(now - 86_400_000);
    ann.say(2);
    ann.say(3);
    await ann.acknowledged(3);
    await runDurableObjectAlarm(stubOf(room));
    const { messages } = await stubOf(room).history({ after: 0 });
    expect(messages.map(({ n }) => n)).toEqual([1, 2, 3]);
    expect((await stubOf(room).describe()).sockets).toBe(1);
  });

  it('does not leave the alarm where the future was', async () => {
    const room = newRoom();
    await enter(room, 'ann');
    const alarmOf = (set?: number) =>
      runInDurableObject(stubOf(room), async (_, { storage }) => {
        if (set) await storage.setAlarm(set);
        return storage.getAlarm();
      });
    await alarmOf(Date.now() + 86_400_000);
    await enter(room, 'bob');
    expect(await alarmOf()).toBeLessThanOrEqual(Date.now() + 20_000);
  });

  it('makes no hole in the history where messages of a wrong time are too old', async () => {
    const room = newRoom();
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now });
    await fill(room, 1);
    vi.setSystemTime(now - 2 * HISTORY_MS);
    await runInDurableObject(stubOf(room), (instance) =>
      instance.say({ room, user: 'op', client: 'op', n: 2, text: 'of a wrong time' }),
    );
    vi.setSystemTime(now + 1000);
    await enter(room, 'ann');
    await runDurableObjectAlarm(stubOf(room));
    expect((await stubOf(room).describe()).messages).toBe(2);
  });
});

describe('a store that takes nothing', () => {
  it('acknowledges nothing, says when to try again, and stores it then', async () => {
    const room = newRoom();
    const [ann, bob] = [await enter(room, 'ann'), await enter(room, 'bob')];
    const full = await runInDurableObject(stubOf(room), (_, state) =>
      vi.spyOn(Object.getPrototypeOf(state.storage), 'transactionSync').mockImplementation(() => {
        throw new Error('database or disk is full: SQLITE_FULL');
      }),
    );
    ann.say(1);
    ann.say(2);
    ann.send({ type: 'edit', n: 1, field: 'title', base: 0, value: 'x' });
    expect(await ann.until('error', ({ n }) => n === 1)).toMatchObject({
      code: 'storage_failed',
      retry_ms: 1000,
    });
    await ann.until('error', ({ n }) => n === 2);
    full.mockRestore();
    expect((await stubOf(room).describe()).seq).toBe(0);
    ann.say(1);
    ann.say(2);
    await ann.acknowledged(2);
    await bob.until('messages', ({ upto }) => upto === 2);
    expect(bob.texts).toEqual(['message 1', 'message 2']);
  });

  it('takes nothing of the operator either, and stores what is sent again once', async () => {
    const room = newRoom();
    const call = { room, user: 'operator', client: 'cli', n: 1, text: 'closing at noon' };
    const full = await runInDurableObject(stubOf(room), (_, state) =>
      vi.spyOn(Object.getPrototypeOf(state.storage), 'transactionSync').mockImplementation(() => {
        throw new Error('database or disk is full: SQLITE_FULL');
      }),
    );
    const ticket = { room, user: 'ann', token: 't', expires_at: Date.now() + 60_000 };
    const refused = await runInDurableObject(stubOf(room), (object) =>
      Promise.allSettled([
        object.say(call),
        object.docSet({ room, user: 'operator', field: 'a', value: 1 }),
        object.kick({ user: 'ann', seconds: 60 }),
        object.ticket(ticket),
      ]),
    );
    expect(refused.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    full.mockRestore();
    expect(await stubOf(room).describe()).toMatchObject({ seq: 0, epoch: null, doc: { rev: 0 } });
    await stubOf(room).say(call);
    await stubOf(room).say(call);
    expect((await stubOf(room).history({ after: 0 })).messages).toHaveLength(1);
  });
});
