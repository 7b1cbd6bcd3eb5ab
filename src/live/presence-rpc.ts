/** What a room tells the directory, and what the directory answers. */

export interface PresenceSnapshot {
  room: string;
  at: number;
  people: { user: string; since: number; lastActive: number; sockets: number }[];
}

export interface PresenceRpc {
  report(snapshot: PresenceSnapshot, leaseMs: number): Promise<void>;
  list(filter: { room?: string; user?: string }): Promise<PresenceSnapshot[]>;
}
