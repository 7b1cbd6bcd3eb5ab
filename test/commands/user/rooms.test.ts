/** What rooms hold about a user, on both Workers as the engine runs them. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type LiveEngine, startLiveEngine } from '../rooms/live-engine.ts';

let engine: LiveEngine;
beforeAll(async () => {
  engine = await startLiveEngine();
  const ann = await engine.enter('potions', 'ann');
  await engine.goblin(['rooms', 'say', 'potions', 'of ann', '--as', 'ann']);
  await engine.goblin(['rooms', 'say', 'potions', 'of bob', '--as', 'bob']);
  await engine.goblin(['rooms', 'doc', 'set', 'potions', 'title', '"Newts"', '--as', 'ann']);
  ann.leave();
  // A room reports what it stores behind its answers.
  await vi.waitFor(async () => expect(await listed()).toEqual(['potions']), 10_000);
});
afterAll(() => engine.dispose());

const listed = async () => {
  const { stdout } = await engine.goblin('rooms list -o json');
  return (JSON.parse(stdout || '[]') as { room: string }[]).map(({ room }) => room);
};

const places = async (user: string) => {
  const { code, stdout } = await engine.goblin(`user show ${user} -o json`);
  const rows = code === 3 ? [] : (JSON.parse(stdout) as { place: string; item: string }[]);
  return rows.map(({ place, item }) => (place === 'rooms' ? `${place} ${item}` : place));
};

it('are shown and exported, the own messages alone', async () => {
  expect(await places('ann')).toEqual(['sessions', 'rooms potions']);
  const exported = await engine.goblin('user export ann');
  expect(exported.json()).toMatchObject({
    user_id: 'ann',
    rooms: [
      {
        room: 'potions',
        messages: [{ user: 'ann', text: 'of ann' }],
        fields: [{ field: 'title', value: 'Newts' }],
      },
    ],
  });
  expect(exported.stdout).not.toContain('of bob');
});

it('are left out with a warning where the edge cannot be asked, and refused where it is down', async () => {
  const denied = await engine.goblin('user show ann -o json', { env: { GOBLIN_ADMIN_TOKEN: 'x' } });
  expect([denied.code, denied.stderr]).toEqual([
    0,
    expect.stringContaining('rooms are left out, for they cannot be asked: '),
  ]);
  expect(JSON.stringify(denied.json())).not.toContain('potions');
  const down = await engine.goblin('user forget ann --yes', {
    fetch: async (url, init) =>
      url.includes('/_goblin/admin/') ? new Response('down', { status: 503 }) : fetch(url, init),
  });
  expect(down.code).toBe(1);
  expect(await places('ann')).toEqual(['sessions', 'rooms potions']);
});

it('are erased by the plan, and nothing of others', async () => {
  const { code, json } = await engine.goblin('user forget ann --yes -o json');
  expect(code).toBe(0);
  expect(json()).toContainEqual(
    expect.objectContaining({ place: 'rooms', item: 'potions', result: 'forgotten' }),
  );
  expect(await places('ann')).toEqual([]);
  expect((await engine.goblin('user forget ann --yes')).code).toBe(0);
  const history = await engine.goblin('rooms history potions -o json');
  expect(history.json()).toMatchObject([{ user: 'bob', text: 'of bob' }]);
  const doc = await engine.goblin('rooms doc get potions -o json');
  expect(JSON.stringify(doc.json())).not.toContain('ann');
});

it('are told as not erased where a room fails in between, and the next run does the rest', async () => {
  await engine.goblin(['rooms', 'say', 'potions', 'of carl', '--as', 'carl']);
  const { code, stderr } = await engine.goblin('user forget carl --yes', {
    fetch: async (url, init) => {
      if (init.method !== 'DELETE' || !url.includes('/users/')) return fetch(url, init);
      return Response.json({
        version: 1,
        user_id: 'carl',
        rooms: [],
        failed: ['potions'],
        next: null,
      });
    },
  });
  expect([code, stderr]).toEqual([5, expect.stringContaining('1 refused')]);
  expect(await places('carl')).toEqual(['rooms potions']);
  expect((await engine.goblin('user forget carl --yes')).code).toBe(0);
  expect(await places('carl')).toEqual([]);
});
