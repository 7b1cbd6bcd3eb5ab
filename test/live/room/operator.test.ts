import { describe, expect, it } from 'vitest';
import { CLOSE, isFinalClose } from '../../../src/live/protocol.ts';
import { ask, enter, newRoom, session, stubOf } from './visitor.ts';

describe('the operator', () => {
  it('asks about a room that nobody has been in, and leaves no trace', async () => {
    const room = newRoom();
    expect(await stubOf(room).describe()).toMatchObject({ room, epoch: null, seq: 0, people: [] });
    expect(await stubOf(room).history({})).toEqual({ messages: [], seq: 0, pruned: 0 });
    expect(await stubOf(room).docGet()).toEqual({ rev: 0, fields: [] });
    expect(await stubOf(room).forgetUser({ user: 'ann' })).toMatchObject({ messages: 0 });
    expect((await stubOf(room).describe()).epoch).toBeNull();
  });

  it('says something once, however often the call is made', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann');
    const call = { room, user: 'operator', client: 'cli-1', n: 1, text: 'closing at noon' };
    expect(await stubOf(room).say(call)).toEqual({ seq: 1 });
    expect(await stubOf(room).say(call)).toEqual({ seq: 1 });
    const { messages } = await ann.until('messages');
    expect(messages).toMatchObject([{ user: 'operator', text: 'closing at noon' }]);
    expect(await stubOf(room).say({ ...call, n: 3 })).toEqual({ error: 'out_of_order' });
    expect(await stubOf(room).say({ ...call, text: '' })).toEqual({ error: 'bad_request' });
    expect((await stubOf(room).describe()).messages).toBe(1);
  });

  it('reads history from either end', async () => {
    const room = newRoom();
    for (let n = 1; n <= 5; n++) {
      await stubOf(room).say({ room, user: 'op', client: 'c', n, text: `${n}` });
    }
    const texts = async (call: { after?: number; limit?: number }) =>
      (await stubOf(room).history(call)).messages.map(({ text }) => text);
    expect(await texts({ limit: 2 })).toEqual(['4', '5']);
    expect(await texts({ after: 1, limit: 2 })).toEqual(['2', '3']);
  });

  it('kicks somebody, who cannot come back for a while, by a ticket neither', async () => {
    const room = newRoom();
    const [ann, tab, bob] = [
      await enter(room, 'ann'),
      await enter(room, 'ann'),
      await enter(room, 'bob'),
    ];
    const identity = await session('ann');
    const ticket = await stubOf(room).ticket({ room, ...identity });
    expect(await stubOf(room).kick({ user: 'ann', seconds: 60 })).toEqual({ sockets: 2 });
    const { code } = await ann.closed;
    expect(code).toBe(CLOSE.kicked);
    expect(isFinalClose(code)).toBe(true);
    expect((await tab.closed).code).toBe(CLOSE.kicked);
    await bob.until('presence', ({ left }) => left?.includes('ann') ?? false);
    expect((await ask(room, identity)).status).toBe(403);
    expect((await ask(room, ticket)).status).toBe(401);
    expect(await stubOf(room).ticket({ room, ...identity })).toEqual({ error: 'kicked' });
    await stubOf(room).kick({ user: 'ann', seconds: 0 });
    expect((await ask(room, identity)).status).toBe(101);
  });

  it('closes a room, which keeps its history, and opens it again', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann');
    ann.say(1);
    await ann.acknowledged(1);
    expect(await stubOf(room).close({ room, erase: false })).toEqual({ sockets: 1 });
    expect((await ann.closed).code).toBe(CLOSE.roomClosed);
    expect((await ask(room, await session('bob'))).status).toBe(410);
    expect(await stubOf(room).ticket({ room, ...(await session('bob')) })).toEqual({
      error: 'room_closed',
    });
    const call = { room, user: 'op', client: 'c', n: 1, text: 'x' };
    expect(await stubOf(room).say(call)).toEqual({ error: 'room_closed' });
    expect((await stubOf(room).describe()).closed).toBe(true);
    await stubOf(room).open();
    expect((await enter(room, 'bob')).texts).toEqual(['message 1']);
  });

  it('sets a field, by the version that was seen or whatever it is', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann');
    const call = { room, user: 'op', field: 'title' };
    expect(await stubOf(room).docSet({ ...call, value: 'one' })).toMatchObject({
      field: { version: 1 },
    });
    expect((await ann.until('fields')).fields).toMatchObject([{ value: 'one', user: 'op' }]);
    expect(await stubOf(room).docSet({ ...call, value: 'two', base: 0 })).toMatchObject({
      conflict: { value: 'one' },
    });
    expect(await stubOf(room).docSet({ ...call, value: 'three' })).toMatchObject({
      field: { version: 2 },
    });
    expect(await stubOf(room).docSet({ ...call, field: '', value: 1 })).toEqual({
      error: 'bad_request',
    });
  });

  it('exports all there is, and no secret', async () => {
    const room = newRoom();
    const identity = await session('ann');
    const ann = await enter(room, 'ann', { identity });
    ann.say(1);
    await ann.acknowledged(1);
    await stubOf(room).docSet({ room, user: 'op', field: 'title', value: [1] });
    const issued = await stubOf(room).ticket({ room, ...identity });
    const exported = await stubOf(room).export();
    expect(exported).toMatchObject({
      messages: [{ seq: 1, user: 'ann' }],
      fields: [{ field: 'title', value: [1] }],
      description: { room, seq: 1 },
    });
    expect(JSON.stringify(exported)).not.toContain(identity.token);
    expect(JSON.stringify(exported)).not.toContain((issued as { ticket: string }).ticket);
  });

  it('forgets a user: messages, numbers and name, and nothing of others', async () => {
    const room = newRoom();
    const [ann, bob] = [await enter(room, 'ann', { client: 'a' }), await enter(room, 'bob')];
    ann.say(1, 'of ann');
    await ann.acknowledged(1);
    bob.say(1, 'of bob');
    await bob.acknowledged(1);
    ann.send({ type: 'edit', n: 1, field: 'title', base: 0, value: 'x' });
    await ann.until('edited');
    const held = { messages: 1, fields: 1, traces: 1, sockets: 1 };
    expect(await stubOf(room).aboutUser({ user: 'ann' })).toEqual(held);
    const none = { messages: 0, fields: 0, traces: 0, sockets: 0 };
    expect(await stubOf(newRoom()).aboutUser({ user: 'ann' })).toEqual(none);
    expect(await stubOf(room).forgetUser({ user: 'ann' })).toEqual({
      messages: 1,
      fields: 1,
      sockets: 1,
    });
    expect((await ann.closed).code).toBe(CLOSE.sessionOver);
    expect(await stubOf(room).aboutUser({ user: 'ann' })).toEqual(none);
    expect(await stubOf(room).aboutUser({ user: 'bob' })).toEqual({ ...held, fields: 0 });
    const { messages, fields } = await stubOf(room).export();
    expect(messages.map(({ text }) => text)).toEqual(['of bob']);
    expect(fields).toMatchObject([{ user: '', client: '', value: 'x' }]);
    // What is deleted leaves no gap: there is nothing to be told.
    const { epoch } = bob.welcome;
    const back = await enter(room, 'bob', { epoch, since: 0 });
    expect(back.all('gap')).toEqual([]);
    expect(back.texts).toEqual(['of bob']);
  });
});
