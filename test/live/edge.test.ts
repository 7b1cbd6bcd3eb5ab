import { describe, expect, it } from 'vitest';
import { newEdge, putSession, type Visit } from '../worker/edge.ts';
import { newRoom, ROOMS, stubOf, Visitor } from './room/visitor.ts';

type Edge = Awaited<ReturnType<typeof newEdge>>;

// An `Env` names only what the edge calls.
const live = { ROOMS: ROOMS as never };
const pathOf = (room: string) => `/rooms/${encodeURIComponent(room)}`;

function upgrade(edge: Edge, path: string, { headers, ...init }: Visit = {}) {
  return edge.visit(path, { ...init, headers: { Upgrade: 'websocket', ...headers } });
}

async function welcomed(response: Response) {
  if (!response.webSocket) throw new Error(`${response.status} ${await response.text()}`);
  const visitor = new Visitor(response.webSocket);
  visitor.send({ type: 'hello', version: 1, client: 'c' });
  return visitor.until('welcome');
}

async function ticketFor(edge: Edge, room: string, headers: Record<string, string>) {
  const init = { method: 'POST', headers, body: JSON.stringify({ room }) };
  const response = await edge.visit('/_goblin/tickets', init);
  return { status: response.status, ...(await response.json<{ ticket: string; room: string }>()) };
}

describe('GET /rooms/{room}', () => {
  it('opens a socket for a session, as its user', async () => {
    const edge = await newEdge(live);
    const room = newRoom();
    const headers = await putSession(crypto.randomUUID(), 'ünal 名');
    const { user, room: name } = await welcomed(await upgrade(edge, pathOf(room), { headers }));
    expect({ user, name }).toEqual({ user: 'ünal 名', name: room });
  });

  it('leads to one room by any Unicode form of its name', async () => {
    const edge = await newEdge(live);
    const headers = await putSession(crypto.randomUUID(), 'ann');
    const room = `${newRoom()} caf\u00e9`;
    const { room: name } = await welcomed(
      await upgrade(edge, pathOf(room.normalize('NFD')), { headers }),
    );
    expect(name).toBe(room);
    expect((await stubOf(room).describe()).sockets).toBe(1);
  });

  it.each([
    ['%00', 400],
    ['%ff', 400],
    ['a%2fb', 400],
    ['x'.repeat(10_240), 400],
    ['', 400],
  ])('refuses the name %.20s', async (name, status) => {
    const edge = await newEdge(live);
    const headers = await putSession(crypto.randomUUID(), 'ann');
    expect((await upgrade(edge, `/rooms/${name}`, { headers })).status).toBe(status);
  });

  it('wants a session or a ticket', async () => {
    const edge = await newEdge(live);
    const room = pathOf(newRoom());
    expect((await upgrade(edge, room)).status).toBe(401);
    expect((await upgrade(edge, `${room}?ticket=no-such-ticket`)).status).toBe(401);
    const headers = await putSession(crypto.randomUUID(), 'ann', { expiresIn: -1 });
    expect((await upgrade(edge, room, { headers })).status).toBe(401);
  });

  it('believes no header of a client about who it is', async () => {
    const edge = await newEdge(live);
    const room = newRoom();
    const forged = JSON.stringify({ v: 1, room, user: 'admin', token: 'x', expires_at: 9e15 });
    const spoof = { 'X-Goblin-Caller': forged, 'x-goblin-caller': forged };
    expect((await upgrade(edge, pathOf(room), { headers: spoof })).status).toBe(401);
    const session = await putSession(crypto.randomUUID(), 'ann');
    const headers = { ...spoof, ...session };
    expect((await welcomed(await upgrade(edge, pathOf(room), { headers }))).user).toBe('ann');
  });

  it.each([
    ['https://app.example.com', 'https://app.example.com', 101],
    ['https://app.example.com', 'https://evil.example.com', 403],
    ['https://app.example.com', 'https://edge.test', 101],
    ['https://app.example.com', 'null', 403],
    ['', 'https://evil.example.com', 101],
    ['*', 'https://evil.example.com', 101],
  ])(
    'with CORS_ORIGINS "%s" answers a page of %s with %i',
    async (CORS_ORIGINS, Origin, status) => {
      const edge = await newEdge({ ...live, CORS_ORIGINS });
      const headers = { Origin, ...(await putSession(crypto.randomUUID(), 'ann')) };
      const response = await upgrade(edge, pathOf(newRoom()), { headers });
      expect(response.status).toBe(status);
      response.webSocket?.accept();
    },
  );

  it('is a path of the backend without an upgrade, or without the binding', async () => {
    const API_URL = 'not a url';
    const bound = await newEdge({ ...live, API_URL });
    expect((await bound.visit('/rooms/lobby')).status).toBe(502);
    const unbound = await newEdge({ API_URL });
    expect((await upgrade(unbound, '/rooms/lobby')).status).toBe(502);
    const ticket = await unbound.visit('/_goblin/tickets', { method: 'POST', body: '{}' });
    expect(ticket.status).toBe(404);
  });

  it('is 503 where the live Worker cannot be reached', async () => {
    const broken = {
      getByName: () => ({
        fetch: () => Promise.reject(new Error('Worker "goblin-live" not found')),
        ticket: () => Promise.reject(new Error('Worker "goblin-live" not found')),
      }),
    };
    const edge = await newEdge({ ROOMS: broken as never });
    const headers = await putSession(crypto.randomUUID(), 'ann');
    expect((await upgrade(edge, '/rooms/lobby', { headers })).status).toBe(503);
    const init = { method: 'POST', headers, body: '{"room":"lobby"}' };
    expect((await edge.visit('/_goblin/tickets', init)).status).toBe(503);
  });
});

describe('POST /_goblin/tickets', () => {
  it('gives a ticket that opens one socket, as its user', async () => {
    const edge = await newEdge(live);
    const room = newRoom();
    const headers = await putSession(crypto.randomUUID(), 'ann');
    const { status, ticket, room: name } = await ticketFor(edge, room.normalize('NFD'), headers);
    expect({ status, name }).toEqual({ status: 201, name: room });
    const path = `${pathOf(room)}?ticket=${ticket}`;
    expect((await welcomed(await upgrade(edge, path))).user).toBe('ann');
    expect((await upgrade(edge, path)).status).toBe(401);
  });

  it('gives a ticket for one room only', async () => {
    const edge = await newEdge(live);
    const [room, other] = [newRoom(), newRoom()];
    const headers = await putSession(crypto.randomUUID(), 'ann');
    const { ticket } = await ticketFor(edge, room, headers);
    expect((await upgrade(edge, `${pathOf(other)}?ticket=${ticket}`)).status).toBe(401);
  });

  it('wants a session, and a valid name', async () => {
    const edge = await newEdge(live);
    expect((await ticketFor(edge, 'lobby', {})).status).toBe(401);
    const headers = await putSession(crypto.randomUUID(), 'ann');
    expect((await ticketFor(edge, '..', headers)).status).toBe(400);
  });
});
