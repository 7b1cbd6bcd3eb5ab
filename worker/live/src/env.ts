/** What `wrangler.toml` binds to the live Worker. */
import type { RateLimiter } from './limiter/limiter.ts';
import type { PresenceDirectory } from './presence/directory.ts';

export interface Env {
  /** The edge's namespace: the limiter keeps its mirror there. */
  GOBLIN_KV: KVNamespace;
  RATE_LIMITER: DurableObjectNamespace<RateLimiter>;
  PRESENCE: DurableObjectNamespace<PresenceDirectory>;
}
