/** The live Worker: the Durable Object classes, deployed apart from the edge, and what the edge calls by RPC. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import type { AdminAnswer, AdminRequest, LiveRpc } from '../../../src/live/admin.ts';
import { OLDEST_PROTOCOL, PROTOCOL } from '../../../src/live/protocol.ts';
import { RPC_VERSION } from '../../../src/live/rpc.ts';
import { answerAdmin } from './admin.ts';
import type { Env } from './env.ts';

export { RateLimiter } from './limiter/limiter.ts';
export { PresenceDirectory } from './presence/directory.ts';
export { ChatRoom } from './room/room.ts';

export default class Live extends WorkerEntrypoint<Env> implements LiveRpc {
  /** Nothing is served here: users come through the edge. */
  override fetch(): Response {
    return new Response(null, { status: 404 });
  }

  /** What this deployment speaks, and what it is bound to. */
  version() {
    const { GOBLIN_KV, PRESENCE } = this.env;
    const bindings = { GOBLIN_KV: Boolean(GOBLIN_KV), PRESENCE: Boolean(PRESENCE) };
    return { rpc: RPC_VERSION, protocol: PROTOCOL, oldest_protocol: OLDEST_PROTOCOL, bindings };
  }

  admin(request: AdminRequest): Promise<AdminAnswer> {
    return answerAdmin(this.env, request);
  }
}
