/** A request to the admin plane, and what it may need of the live Worker's bindings. */
import type { AdminErrorCode, AdminRequest } from '../../../../src/live/admin.ts';
import type { LimiterNamespace } from '../../../../src/live/limiter-rpc.ts';
import type { PresenceRpc, RoomIndexRpc } from '../../../../src/live/presence-rpc.ts';

/** An operator's calls on a room. Each answers an object that becomes JSON as it is. */
export interface AdminRoom {
  describe(): Promise<object>;
  /** Messages whose `seq` is greater than `after`, at most `limit`. */
  history(page: { after: number; limit: number }): Promise<object>;
  exportAll(): Promise<object>;
  say(message: { user: string; text: string }): Promise<object>;
  kick(who: { user: string; reason: string }): Promise<object>;
  close(why: { reason: string }): Promise<object>;
  docGet(): Promise<object>;
  docSet(edits: DocumentEdit[]): Promise<object>;
  /** A ticket for one connection, for the operator's watch. */
  ticket(who: { user: string }): Promise<object>;
  forgetUser(user: string): Promise<object>;
}

/** `version` is the field's version that the edit is based on; absent: whatever it is. */
export interface DocumentEdit {
  field: string;
  value?: unknown;
  deleted?: boolean;
  version?: number;
}

export interface AdminEnv {
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
  readonly code: AdminErrorCode;

  constructor(status: number, code: AdminErrorCode, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
