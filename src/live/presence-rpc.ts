/**
 * What rooms tell the presence directory, and what it answers. Fields are only ever added, and unknown
 * ones are ignored, so that either side may be one version older than the other.
 */

/** Who is in one room at one moment. */
export interface PresenceSnapshot {
  room: string;
  /** When the room took it, milliseconds since 1970. A later snapshot replaces an earlier one. */
  at: number;
  /** `since` and `lastActive` are milliseconds since 1970; `sockets` counts the open ones. */
  people: { user: string; since: number; lastActive: number; sockets: number }[];
  /** Whether the room stores something, so that it is listed until it reports that it does not. */
  stored?: boolean;
}

export interface PresenceRpc {
  /** Keeps a room's snapshot for `leaseMs` milliseconds. A snapshot that is sent twice changes nothing. */
  report(snapshot: PresenceSnapshot, leaseMs: number): Promise<void>;
  /** Rooms with people in them, by name. With `user`, only that user is among the people. */
  list(filter: { room?: string; user?: string }): Promise<PresenceSnapshot[]>;
}

/** A room that stores something, or that somebody was in lately. */
export interface KnownRoom {
  room: string;
  /** When it last reported people or that it stores something, milliseconds since 1970. */
  lastSeen: number;
}

/** What the admin plane asks the directory beyond presence: an object namespace cannot list its rooms. */
export interface RoomIndexRpc {
  /**
   * Rooms that store something, and those that somebody was in during the last 31 days: up to `limit` in the
   * order of names, behind `after`.
   */
  rooms(page: { after: string; limit: number }): Promise<KnownRoom[]>;
}

/** The one directory's name in its namespace. */
export const DIRECTORY = 'directory';
