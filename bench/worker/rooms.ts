/** Rooms without an edge before them, for load and kills: `/{kind}/{room}?user=`. */
import { CALLER_HEADER, type RoomRpc } from '../../src/live/rpc.ts';

export { ChatRoom } from '../../worker/live/src/room/room.ts';
export { CoalescingRelay, Relay } from './relays.ts';

type Rooms = DurableObjectNamespace<Rpc.DurableObjectBranded & RoomRpc>;

interface Env {
  ChatRoom: Rooms;
  Relay: DurableObjectNamespace;
  CoalescingRelay: DurableObjectNamespace;
}

const YEAR_MS = 31_536_000_000;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const [, kind = '', room = ''] = pathname.split('/');
    if (kind === 'export') return Response.json(await env.ChatRoom.getByName(room).export());
    const user = searchParams.get('user') ?? 'u';
    const caller = { v: 1, room, user, token: 't', expires_at: Date.now() + YEAR_MS };
    const headers = { Upgrade: 'websocket', [CALLER_HEADER]: JSON.stringify(caller) };
    return env[kind as 'Relay'].getByName(room).fetch('http://room/', { headers });
  },
};
