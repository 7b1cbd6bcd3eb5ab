/** The rooms' commands on both Workers as the engine runs them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LiveEngine, startLiveEngine } from './live-engine.ts';

let engine: LiveEngine;
beforeAll(async () => {
  engine = await startLiveEngine();
});
afterAll(() => engine.dispose());

const HOSTILE = '\u001b[2J\u202eevil';

it('says, shows and lists what people hear', async () => {
  const ann = await engine.enter('potions', 'ann');
  const said = await engine.goblin('rooms say potions Hello all -o json');
  expect([said.code, said.json()]).toEqual([0, { room: 'potions', seq: 1, text: 'Hello all' }]);
  await ann.hears(/"user":"operator".*Hello all/);
  await engine.goblin(['rooms', 'say', 'potions', HOSTILE, '--as', 'host']);

  const history = await engine.goblin('rooms history potions -o json');
  expect(history.json()).toMatchObject([
    { seq: 1, user: 'operator', text: 'Hello all' },
    { seq: 2, user: 'host', text: HOSTILE },
  ]);
  const later = await engine.goblin('rooms history potions --after 1 --limit 1 -o json');
  expect(later.json()).toMatchObject([{ seq: 2 }]);
  expect((await engine.goblin('rooms history potions')).stdout).not.toMatch(/\u001b|\u202e/);

  const shown = await engine.goblin('rooms show potions -o json');
  expect(shown.json()).toMatchObject({ closed: false, people: 1, users: ['ann'], messages: 2 });
  const present = await engine.goblin('presence list --room potions -o json');
  expect(present.json()).toMatchObject([{ room: 'potions', user_id: 'ann', sockets: 1 }]);
  const listed = await engine.goblin('rooms list -o json');
  expect(listed.json()).toEqual(
    expect.arrayContaining([expect.objectContaining({ room: 'potions', sockets: 1 })]),
  );
  ann.leave();
});

it('lists a room in which only the operator has spoken', async () => {
  await engine.goblin('rooms say lonely Anybody?');
  const row = expect.objectContaining({ room: 'lonely', people: 0 });
  // The room reports itself after the answer.
  await expect
    .poll(async () => (await engine.goblin('rooms list -o json')).json(), { timeout: 10_000 })
    .toContainEqual(row);
});

it('reads and edits the document, and refuses an edit of an old version', async () => {
  const set = await engine.goblin(['rooms', 'doc', 'set', 'desk', 'title', '"Newts"']);
  expect(set.code).toBe(0);
  const got = await engine.goblin('rooms doc get desk title -o json');
  expect(got.json()).toMatchObject({
    field: 'title',
    value: 'Newts',
    version: 1,
    user: 'operator',
  });
  const stale = await engine.goblin('rooms doc set desk title 5 --base 0');
  expect([stale.code, stale.stderr]).toEqual([1, expect.stringContaining('has version 1 now')]);
  expect((await engine.goblin('rooms doc set desk title 5 --base 1')).code).toBe(0);
  expect((await engine.goblin('rooms doc set desk title null')).code).toBe(0);
  expect((await engine.goblin('rooms doc get desk title')).code).toBe(3);
});

it('kicks only with a yes, and only whom it names', async () => {
  const [ann, bob] = [await engine.enter('den', 'ann'), await engine.enter('den', 'bob')];
  expect((await engine.goblin('rooms kick den ann')).code).toBe(6);
  const planned = await engine.goblin('rooms kick den ann carl --dry-run -o json');
  expect(planned.json()).toMatchObject([
    { user_id: 'ann', sockets: 1, out_for: 600, result: 'planned' },
    { user_id: 'carl', sockets: 0, result: 'planned' },
  ]);
  const done = await engine.goblin('rooms kick den ann --for 1h --yes -o json');
  expect(done.json()).toMatchObject([{ user_id: 'ann', out_for: 3600, result: 'kicked' }]);
  expect(await ann.closed).toBe(4003);
  await expect(engine.enter('den', 'ann')).rejects.toThrow('403');
  const { users } = (await engine.goblin('rooms show den -o json')).json() as { users: string[] };
  expect(users).toEqual(['bob']);
  bob.leave();
});

it('closes a room, opens it with what was said, and erases it', async () => {
  const ann = await engine.enter('attic', 'ann');
  await engine.goblin('rooms say attic Boo');
  const closed = await engine.goblin('rooms close attic nowhere --yes -o json');
  expect(closed.json()).toMatchObject([
    { room: 'attic', people: 1, messages: 1, result: 'closed' },
    { room: 'nowhere', result: 'absent' },
  ]);
  expect(await ann.closed).toBe(4004);
  const refused = await engine.goblin('rooms say attic Again');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('room_closed')]);
  expect((await engine.goblin('rooms open attic')).code).toBe(0);
  const exported = await engine.goblin('rooms export attic');
  expect(exported.json()).toMatchObject({ room: 'attic', messages: [{ text: 'Boo' }] });
  expect((await engine.goblin('rooms close attic --erase --yes')).code).toBe(0);
  expect((await engine.goblin('rooms history attic -o json')).json()).toEqual([]);
});

it('changes nothing in a run that is read-only', async () => {
  const env = { GOBLIN_READ_ONLY: '1' };
  for (const line of ['say q hi', 'kick q ann --yes', 'doc set q a 1', 'open attic']) {
    expect([line, (await engine.goblin(`rooms ${line}`, { env })).code]).toEqual([line, 4]);
  }
  expect((await engine.goblin('rooms show q')).code).toBe(3);
});

it.each([
  ['x'.repeat(10_240), 2],
  ['a/b', 2],
  ['..', 2],
  ['never used', 3],
])('tells of the room %.20s', async (room, code) => {
  const shown = await engine.goblin(['rooms', 'show', room]);
  expect(shown.code).toBe(code);
  expect(shown.stderr.length).toBeLessThan(400);
});

it('tells a wrong secret, and counts its requests', async () => {
  const wrong = await engine.goblin('rooms list', { env: { GOBLIN_ADMIN_TOKEN: 'wrong' } });
  expect([wrong.code, wrong.stderr]).toEqual([4, expect.stringContaining('GOBLIN_ADMIN_TOKEN')]);
  const verbose = await engine.goblin('rooms list --verbose');
  expect(verbose.stderr).toContain('1 request to the edge');
});

/** Without ann's own arrival: a room tells of it up to 100 ms later, when a watcher may be there already. */
const withoutAnn = <Event extends { event: string; user?: string }>(events: Event[]) =>
  events.filter(({ event, user }) => event !== 'joined' || user !== 'ann');

it('watches a room: what was said, who comes, what is edited, until the room is closed', async () => {
  await engine.goblin('rooms say stage Before');
  const ann = await engine.enter('stage', 'ann');
  const watching = engine.goblin('rooms watch stage -o ndjson');
  await ann.hears(/"changed".*"operator"/);
  const bob = await engine.enter('stage', 'bob');
  await ann.hears(/"changed".*"bob"/);
  await engine.goblin('rooms doc set stage act 2');
  await engine.goblin('rooms say stage After');
  await ann.hears(/After/);
  await engine.goblin('rooms close stage --yes');
  const { code, stdout, stderr } = await watching;
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(withoutAnn(events)).toEqual([
    expect.objectContaining({ event: 'message', seq: 1, user: 'operator', text: 'Before' }),
    expect.objectContaining({ event: 'joined', user: 'bob' }),
    expect.objectContaining({ event: 'field', user: 'operator', text: 'act = 2' }),
    expect.objectContaining({ event: 'message', seq: 2, text: 'After' }),
  ]);
  expect([code, stderr]).toEqual([1, expect.stringContaining('the room was closed')]);
  bob.leave();
});

it('goes on where it was once a lost connection is back, and shows nothing twice', async () => {
  const target = new URL(String(engine.edgeUrl));
  const sockets = new Set<Socket>();
  const proxy = createServer((from) => {
    const to = connect(Number(target.port), target.hostname);
    for (const each of [from, to]) sockets.add(each.on('error', () => {}));
    from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const ann = await engine.enter('bridge', 'ann');
  await engine.goblin('rooms say bridge One');
  const env = { GOBLIN_EDGE_URL: `http://127.0.0.1:${port}` };
  const watching = engine.goblin('rooms watch bridge --max 2 -o ndjson', { env });
  await ann.hears(/"changed".*"operator"/);
  for (const socket of sockets) socket.destroy();
  await engine.goblin('rooms say bridge Two');
  const { code, stdout } = await watching;
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const shown = withoutAnn(events);
  expect(shown.map(({ event, text }) => (event === 'message' ? text : event))).toEqual([
    'One',
    'lost',
    'Two',
  ]);
  expect(code).toBe(0);
  proxy.close();
  ann.leave();
});

it('ends a watch at once where the room is closed, and after as many messages as asked', async () => {
  const closed = await engine.goblin('rooms watch stage');
  expect([closed.code, closed.stderr]).toEqual([1, expect.stringContaining('room_closed')]);
  await engine.goblin('rooms say hall One');
  const one = await engine.goblin('rooms watch hall --max 1 -o ndjson');
  expect([one.code, one.json()]).toEqual([0, expect.objectContaining({ text: 'One' })]);
});

it('keeps rooms over a restart', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'goblin-rooms-'));
  try {
    const first = await startLiveEngine(stateDir);
    await first.goblin('rooms say cellar Remember');
    await first.dispose();
    const next = await startLiveEngine(stateDir);
    const history = await next.goblin('rooms history cellar -o json');
    await next.dispose();
    expect(history.json()).toMatchObject([{ text: 'Remember' }]);
  } finally {
    await rm(stateDir, { recursive: true });
  }
});
