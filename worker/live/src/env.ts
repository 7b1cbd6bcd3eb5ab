/** What `wrangler.toml` gives the live Worker. Only the classes have to be there. */
import type { PresenceRpc } from '../../../src/live/presence-rpc.ts';

export interface Env {
  /** The edge's namespace, in which its sessions are; without it sessions end only at their time. */
  GOBLIN_KV?: KVNamespace;
  /** The directory of who is where. */
  PRESENCE?: DurableObjectNamespace<Rpc.DurableObjectBranded & PresenceRpc>;
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
