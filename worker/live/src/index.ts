/** The live Worker: the classes of the Durable Objects, deployed apart from the edge. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { OLDEST_PROTOCOL, PROTOCOL } from '../../../src/live/protocol.ts';
import { RPC_VERSION } from '../../../src/live/rpc.ts';
import type { Env } from './env.ts';

export { ChatRoom } from './room/room.ts';

export default class Live extends WorkerEntrypoint<Env> {
  /** Nothing is served here: users come by the edge. */
  override fetch(): Response {
    return new Response(null, { status: 404 });
  }

  /** What this deployment speaks, and what it is bound to. */
  version() {
    const { GOBLIN_KV, PRESENCE } = this.env;
    const bindings = { GOBLIN_KV: Boolean(GOBLIN_KV), PRESENCE: Boolean(PRESENCE) };
    return { rpc: RPC_VERSION, protocol: PROTOCOL, oldest_protocol: OLDEST_PROTOCOL, bindings };
  }
}
