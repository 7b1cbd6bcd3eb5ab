/** What `wrangler.toml` and `wrangler secret` give the Worker; `variable-table.ts` says what the variables may be. */
import type { LiveRpc } from '../../src/live/admin.ts';
import type { LimiterNamespace } from '../../src/live/limiter-rpc.ts';
import type { RoomRpc } from '../../src/live/rpc.ts';
import type { VARIABLES } from './variable-table.ts';

export type Rooms = DurableObjectNamespace<Rpc.DurableObjectBranded & RoomRpc>;

/** Variables are text in `wrangler.toml`, or any JSON. */
type Given = { [Name in Exclude<keyof typeof VARIABLES, 'API_URL'>]?: string | number };

export interface Env extends Given {
  GOBLIN_KV: KVNamespace;
  /** Preferences, audit log, usage, and the flags' source of truth; without it there is none of them. */
  DB?: D1Database;
  API_URL: string;
  /** Secret that lets the backend issue sessions and read the Worker's health; without it no such routes. */
  ADMIN_TOKEN?: string;
  /** The live Worker's rooms; without it there are none. */
  ROOMS?: Rooms;
  /** The live Worker's objects that count exactly; without them each isolate counts through KV. */
  RATE_LIMITER?: LimiterNamespace;
  /** The live Worker; without it there is no `/_goblin/admin/`. */
  LIVE?: LiveRpc;
}
