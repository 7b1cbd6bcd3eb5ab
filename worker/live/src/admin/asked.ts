/** A request to the admin plane, and what it may need of the live Worker's bindings. */
import type { AdminRequest } from '../../../../src/live/admin.ts';
import type { LimiterNamespace } from '../../../../src/live/limiter-rpc.ts';
import type { PresenceRpc, RoomIndexRpc } from '../../../../src/live/presence-rpc.ts';

/** A refusal of a room, which is no fault: the code is for programs. */
export interface Refused {
  error: string;
}

/** An operator's calls on a room: the part of the rooms' own interface that is used here. */
export interface AdminRoom {
  describe(): Promise<object>;
  /** The first `limit` messages after a number, or the last ones. */
  history(call: { after?: number; limit: number }): Promise<object>;
  export(): Promise<object>;
  /** The same client and number again is answered as if it were stored now. */
  say(call: {
    room: string;
    user: string;
    client: string;
    n: number;
    text: string;
  }): Promise<object | Refused>;
  kick(call: { user: string; seconds: number }): Promise<object>;
  close(call: { room: string; erase: boolean }): Promise<object>;
  open(): Promise<object>;
  docGet(): Promise<object>;
  /** A null deletes the field. Without `base`, the version that the edit builds on, it always wins. */
  docSet(call: {
    room: string;
    user: string;
    field: string;
    value: string | number | boolean | object | null;
    base?: number;
  }): Promise<object | Refused>;
  ticket(call: {
    room: string;
    user: string;
    token: string;
    expires_at: number;
  }): Promise<object | Refused>;
  aboutUser(call: { user: string }): Promise<object>;
  forgetUser(call: { user: string }): Promise<object>;
}

export interface AdminEnv {
  /** Where the edge's sessions are. */
  GOBLIN_KV: Pick<KVNamespace, 'put'>;
  RATE_LIMITER: LimiterNamespace;
  PRESENCE: { getByName(name: string): PresenceRpc & RoomIndexRpc };
  /** One object a room, by its name. */
  ROOMS?: { getByName(room: string): AdminRoom };
}

/** A request on its way to its answer. */
export interface Asked extends AdminRequest {
  env: AdminEnv;
  /** The second segment, decoded: a client, a room, a user; empty where there is none. */
  name: string;
  params: URLSearchParams;
}

/** What is wrong with a request. */
export class AdminError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
