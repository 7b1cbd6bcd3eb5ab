/** The live Worker: the Durable Object classes, and what the edge calls by RPC. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import type { AdminAnswer, AdminRequest, LiveRpc } from '../../../src/live/admin.ts';
import { answerAdmin } from './admin.ts';
import type { Env } from './env.ts';

export { RateLimiter } from './limiter/limiter.ts';
export { PresenceDirectory } from './presence/directory.ts';

export default class Live extends WorkerEntrypoint<Env> implements LiveRpc {
  /** Nothing here is for the web: the edge is what users reach. */
  override fetch(): Response {
    return new Response('not found', { status: 404 });
  }

  admin(request: AdminRequest): Promise<AdminAnswer> {
    return answerAdmin(this.env, request);
  }
}
