/** What `wrangler.toml` gives the live Worker. */
import type { RateLimiter } from './limiter/limiter.ts';
import type { PresenceDirectory } from './presence/directory.ts';
import type { ChatRoom } from './room/room.ts';

export interface Env {
  /** The edge's namespace: its sessions, and the mirror of the rate limiter. */
  GOBLIN_KV: KVNamespace;
  ROOMS: DurableObjectNamespace<ChatRoom>;
  RATE_LIMITER: DurableObjectNamespace<RateLimiter>;
  /** The directory of who is where. */
  PRESENCE: DurableObjectNamespace<PresenceDirectory>;
  /** Frames that a socket may send in a second, on average: a number above 0. */
  ROOM_FRAMES_PER_SECOND?: string | number;
  /** Messages that a room keeps: 1 or more. */
  ROOM_HISTORY?: string | number;
}

/** A variable's number, or what holds where it is not a positive one. */
export function positive(given: string | number | undefined, fallback: number): number {
  const value = Number(given);
  return value > 0 ? value : fallback;
}
