import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { enter, newRoom, stubOf } from './visitor.ts';

describe('a message', () => {
  it('is acknowledged when it is stored, and reaches everybody', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann', { client: 'a' });
    const bob = await enter(room, 'bob');
    ann.say(1, 'hello');
    await ann.acknowledged(1);
    const { messages } = await bob.until('messages');
    expect(messages).toEqual([
      { seq: 1, at: expect.any(Number), user: 'ann', client: 'a', n: 1, text: 'hello' },
    ]);
    expect((await stubOf(room).history({ after: 0 })).messages).toEqual(messages);
  });

  it('is stored once, however often it is sent', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann', { client: 'a' });
    for (const n of [1, 1, 2, 1, 2, 3]) ann.say(n);
    await ann.acknowledged(3);
    const again = await enter(room, 'ann', { client: 'a' });
    expect(again.welcome.mark).toBe(3);
    again.say(3);
    again.say(2);
    await again.acknowledged(3);
    const { messages, seq } = await stubOf(room).history({ after: 0 });
    expect(messages.map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(seq).toBe(3);
  });

  it('must not leave a number out: an acknowledgement stands for all before it', async () => {
    const ann = await enter(newRoom(), 'ann');
    ann.say(2);
    expect(await ann.until('error')).toMatchObject({ code: 'out_of_order', n: 2, expected: 1 });
    ann.say(1);
    await ann.acknowledged(1);
  });

  it('has numbers of its own in each client', async () => {
    const room = newRoom();
    const [one, other] = [await enter(room, 'ann'), await enter(room, 'ann')];
    one.say(1, 'from the one');
    other.say(1, 'from the other');
    await Promise.all([one.acknowledged(1), other.acknowledged(1)]);
    expect((await stubOf(room).describe()).messages).toBe(2);
  });

  it('keeps any text that is Unicode', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann');
    const texts = ['"\\\' \u001b[31m\u202e', '👩‍👩‍👧 é e\u0301 \ud83d\ude00', '12', 'null', '\n\t'];
    for (const [i, text] of texts.entries()) ann.say(i + 1, text);
    await ann.acknowledged(texts.length);
    const bob = await enter(room, 'bob');
    expect(bob.texts).toEqual(texts);
  });

  it('is told at once when it is quiet, and in a burst shares commit and frame with others', async () => {
    const room = newRoom();
    const [ann, bob] = [await enter(room, 'ann'), await enter(room, 'bob')];
    await runInDurableObject(stubOf(room), (instance, state) => {
      const ws = state.getWebSockets().find((each) => each.deserializeAttachment().user === 'ann');
      for (let n = 1; n <= 40; n++) {
        const frame = { type: 'message', n, text: `message ${n}` };
        instance.webSocketMessage(ws as WebSocket, JSON.stringify(frame));
      }
    });
    await ann.acknowledged(40);
    await bob.until('messages', ({ upto }) => upto === 40);
    expect(bob.all('messages').map(({ messages }) => messages.length)).toEqual([1, 39]);
    expect(bob.texts).toEqual(Array.from({ length: 40 }, (_, i) => `message ${i + 1}`));
  });
});

describe('resuming', () => {
  it('brings what was missed, once and in order', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann');
    const bob = await enter(room, 'bob');
    ann.say(1);
    await bob.until('messages');
    bob.ws.close(1000);
    for (let n = 2; n <= 5; n++) ann.say(n);
    await ann.acknowledged(5);
    const back = await enter(room, 'bob', { epoch: bob.welcome.epoch, since: 1 });
    expect(back.texts).toEqual(['message 2', 'message 3', 'message 4', 'message 5']);
    expect(back.all('gap')).toEqual([]);
  });

  it('survives the eviction of the object, and so does an open socket', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann', { client: 'a' });
    ann.say(1);
    await ann.acknowledged(1);
    await evictDurableObject(stubOf(room));
    ann.say(1);
    ann.say(2);
    await ann.acknowledged(2);
    expect((await stubOf(room).describe()).messages).toBe(2);
  });

  it('tells that numbers of another life of the room mean nothing', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann');
    ann.say(1);
    await ann.acknowledged(1);
    await stubOf(room).close({ room, erase: true });
    await stubOf(room).open();
    const back = await enter(room, 'ann', { epoch: ann.welcome.epoch, since: 1 });
    expect(back.welcome).toMatchObject({ seq: 0, mark: 0, from: 0 });
    expect(back.welcome.epoch).not.toBe(ann.welcome.epoch);
    expect(back.all('gap')).toEqual([{ type: 'gap', after: 0, upto: 0, reason: 'reset' }]);
  });

  it('asks again on the same socket by another hello', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann', { client: 'a' });
    for (let n = 1; n <= 3; n++) ann.say(n);
    await ann.acknowledged(3);
    const { epoch } = ann.welcome;
    const before = ann.frames.length;
    ann.send({ type: 'hello', version: 1, client: 'a', epoch, since: 1 });
    await ann.until('messages', ({ after }) => after === 1 && ann.frames.length > before);
    expect(ann.texts.slice(-2)).toEqual(['message 2', 'message 3']);
  });
});
