import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { MAX_FIELDS } from '../../../worker/live/src/room/limits.ts';
import { enter, newRoom, stubOf } from './visitor.ts';

const edit = (n: number, field: string, base: number, value: unknown) =>
  JSON.stringify({ type: 'edit', n, field, base, value });

describe('the shared document', () => {
  it('tells everybody of an edit, and its author that it holds', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann', { client: 'a' });
    const bob = await enter(room, 'bob');
    ann.send(edit(1, 'title', 0, { text: 'Plan' }));
    expect(await ann.until('edited')).toEqual({ type: 'edited', n: 1, version: 1 });
    const { fields } = await bob.until('fields');
    expect(fields).toEqual([
      {
        field: 'title',
        version: 1,
        value: { text: 'Plan' },
        user: 'ann',
        client: 'a',
        n: 1,
        at: expect.any(Number),
      },
    ]);
  });

  it('answers an edit on an old version with the newer value', async () => {
    const room = newRoom();
    const [ann, bob] = [await enter(room, 'ann'), await enter(room, 'bob')];
    ann.send(edit(1, 'title', 0, 'of ann'));
    await bob.until('fields');
    bob.send(edit(1, 'title', 0, 'of bob'));
    expect((await bob.until('conflict')).field).toMatchObject({ value: 'of ann', version: 1 });
    bob.send(edit(2, 'title', 1, 'of both'));
    expect((await bob.until('edited')).version).toBe(2);
    const { fields } = await stubOf(room).docGet();
    expect(fields).toMatchObject([{ field: 'title', value: 'of both', version: 2 }]);
  });

  it('lets a deleted field not return by an edit from before, nor after a reconnect', async () => {
    const room = newRoom();
    const ann = await enter(room, 'ann');
    const bob = await enter(room, 'bob');
    ann.send(edit(1, 'title', 0, 'x'));
    await bob.until('fields');
    bob.ws.close(1000);
    ann.send(edit(2, 'title', 1, null));
    await ann.until('edited', ({ n }) => n === 2);
    await evictDurableObject(stubOf(room));
    const { epoch } = bob.welcome;
    const back = await enter(room, 'bob', { epoch, since: 0, doc: 1 });
    expect(back.all('fields')).toMatchObject([{ after: 1, upto: 2, fields: [{ value: null }] }]);
    back.send(edit(1, 'title', 1, 'y'));
    expect((await back.until('conflict')).field).toMatchObject({ value: null, version: 2 });
    expect((await stubOf(room).docGet()).fields).toEqual([]);
    back.send(edit(2, 'title', 2, 'anew'));
    expect((await back.until('edited')).version).toBe(3);
  });

  it('is sent whole to a replica older than the deletion marks that are kept', async () => {
    const room = newRoom();
    const stub = stubOf(room);
    await stub.docSet({ room, user: 'op', field: 'first', value: 1 });
    const { rev } = await stub.docGet();
    await runInDurableObject(stub, async (instance) => {
      for (let i = 0; i <= MAX_FIELDS; i++) {
        await instance.docSet({ room, user: 'op', field: `f${i}`, value: i });
        await instance.docSet({ room, user: 'op', field: `f${i}`, value: null });
      }
    });
    const { epoch } = await stub.describe();
    const place = { epoch: epoch ?? '', since: 0 };
    const old = await enter(room, 'ann', { ...place, doc: rev });
    const told = old.all('fields').flatMap(({ fields }) => fields.map(({ field }) => field));
    expect(told.slice(0, 2)).toEqual(['first', 'f1']);
    expect(told).toHaveLength(MAX_FIELDS + 1);
    expect(old.all('fields')[0]?.after).toBe(0);
    const recent = await enter(room, 'bob', { ...place, doc: rev + 1000 });
    expect(recent.all('fields')[0]).toMatchObject({ after: rev + 1000 });
    // An edit on a version whose mark is gone does not bring the field back either.
    old.send(edit(1, 'f0', rev + 1, 'back'));
    expect((await old.until('conflict')).field).toMatchObject({ field: 'f0', value: null });
  });

  it('has a limit of fields, which an edit of one that is there does not meet', async () => {
    const room = newRoom();
    const stub = stubOf(room);
    await runInDurableObject(stub, async (instance) => {
      for (let i = 0; i < MAX_FIELDS; i++) {
        await instance.docSet({ room, user: 'op', field: `f${i}`, value: i });
      }
    });
    const ann = await enter(room, 'ann');
    ann.send(edit(1, 'one more', 0, 1));
    expect(await ann.until('error')).toMatchObject({ code: 'document_full', n: 1 });
    ann.send(edit(2, 'f0', 1, 'changed'));
    await ann.until('edited');
  });
});
