import { env, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, expect, it, vi } from 'vitest';
import { DIRECTORY } from '../../../src/live/presence-rpc.ts';
import type { Env } from '../../../worker/live/src/env.ts';
import type { PresenceDirectory } from '../../../worker/live/src/presence/directory.ts';
import { enter, newRoom, stubOf } from './visitor.ts';

const directory = (env as unknown as Env).PRESENCE.getByName(DIRECTORY);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const say = (room: string, n = 1) =>
  stubOf(room).say({ room, user: 'operator', client: 'c', n, text: 'hello' });

async function isListed(room: string): Promise<boolean> {
  const rooms = await directory.rooms({ after: '', limit: 1000 });
  return rooms.some((each) => each.room === room);
}

const listed = (room: string, is = true) =>
  vi.waitFor(async () => expect(await isListed(room)).toBe(is), { timeout: 5000 });

/** Lets every report fail. @returns what ends that */
const breakDirectory = () =>
  runInDurableObject(directory, (object: PresenceDirectory) => {
    const report = vi
      .spyOn(Object.getPrototypeOf(object), 'report')
      .mockRejectedValue(new Error('overloaded'));
    return () => report.mockRestore();
  });

it('lists a room in which only the operator said something', async () => {
  const room = newRoom();
  await say(room);
  await listed(room);
});

it('lists a room of which only the document was edited', async () => {
  const room = newRoom();
  await stubOf(room).docSet({ room, user: 'operator', field: 'title', value: 1 });
  await listed(room);
});

it('lists a room whose one visitor left at once, long after as well', async () => {
  const room = newRoom();
  const ann = await enter(room, 'ann');
  ann.say(1);
  await ann.acknowledged(1);
  ann.ws.close(1000);
  await vi.waitFor(async () => expect((await stubOf(room).describe()).sockets).toBe(0));
  await listed(room);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60 * 86_400_000 });
  await listed(room);
});

it('does not list a room that stores nothing', async () => {
  const room = newRoom();
  await stubOf(room).kick({ user: 'ann', seconds: 60 });
  await runDurableObjectAlarm(stubOf(room));
  expect(await isListed(room)).toBe(false);
});

it('answers while the directory fails, and is listed by the alarm', async () => {
  const room = newRoom();
  const mend = await breakDirectory();
  expect(await say(room)).toEqual({ seq: 1 });
  await runDurableObjectAlarm(stubOf(room));
  expect(await isListed(room)).toBe(false);
  mend();
  await runDurableObjectAlarm(stubOf(room));
  await listed(room);
});

it('reports itself once, and then only when the history ends', async () => {
  const room = newRoom();
  await say(room);
  await listed(room);
  const alarmAt = () => runInDurableObject(stubOf(room), (_, { storage }) => storage.getAlarm());
  await runDurableObjectAlarm(stubOf(room));
  expect(await alarmAt()).toBeGreaterThan(Date.now() + 29 * 86_400_000);
});

it('stays listed as long as it stores something, and is taken out when it is gone', async () => {
  const room = newRoom();
  await say(room);
  await listed(room);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60 * 86_400_000 });
  await runDurableObjectAlarm(directory);
  expect(await isListed(room)).toBe(true);
  await stubOf(room).close({ room, erase: true });
  await stubOf(room).open();
  await runDurableObjectAlarm(stubOf(room));
  await runDurableObjectAlarm(stubOf(room));
  vi.setSystemTime(Date.now() + 60 * 86_400_000);
  await listed(room, false);
});

it('does not ring again and again in a closed room', async () => {
  const room = newRoom();
  await say(room);
  await listed(room);
  await stubOf(room).close({ room, erase: true });
  await runDurableObjectAlarm(stubOf(room));
  const alarm = await runInDurableObject(stubOf(room), (_, { storage }) => storage.getAlarm());
  expect(alarm).toBeNull();
});
