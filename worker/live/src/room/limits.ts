/** Every number of a room that somebody may want to know or change. It imports nothing. */

/** Messages that are kept, and milliseconds for which they are. */
export const HISTORY = 1000;
export const HISTORY_MS = 30 * 86_400_000;
/** Messages beyond `HISTORY` that may gather before the oldest are deleted together. */
export const PRUNE_SLACK = 100;
/** Messages that somebody who joins gets. */
export const JOIN_HISTORY = 100;
/** Sockets of a room, and of one user in it. */
export const MAX_SOCKETS = 500;
export const MAX_USER_SOCKETS = 20;
/** Rooms in which one user may be at a time. */
export const MAX_ROOMS = 50;
/** Fields of a document; as many deletion marks are kept beside them. */
export const MAX_FIELDS = 500;
/** Clients of a user whose numbers are remembered; the oldest of more are forgotten. */
export const MAX_CLIENTS = 100;
/** Tickets of a room that nobody has used yet. */
export const MAX_TICKETS = 1000;

/** Frames that a socket may send in a second, on average; a user's sockets together twice as many. */
export const FRAMES_PER_SECOND = 10;
/** Seconds' worth of frames that may come at once. */
export const BURST_SECONDS = 5;
/** Frames over the rate in a row, after which the socket is closed. */
export const MAX_EXCESS = 200;
/** Frames that are not valid, after which the socket is closed. */
export const MAX_MALFORMED = 10;

/** Milliseconds in which messages are gathered while others have just been stored. */
export const BATCH_MS = 10;
/** Entries, and UTF-16 units of text in them, that are stored at once. */
export const MAX_BATCH = 2000;
export const MAX_BATCH_SIZE = 500_000;
/** Milliseconds in which changes of presence are gathered. */
export const PRESENCE_MS = 100;
/** Milliseconds between two looks at sockets and sessions. */
export const TICK_MS = 20_000;
/** Milliseconds without a sign of life after which a socket is closed: two pings and some. */
export const SILENCE_MS = 35_000;
/** Milliseconds for which the directory may believe a room's snapshot. */
export const LEASE_MS = 60_000;
/** Seconds that KV may serve a session from its cache: the least there is. */
export const SESSION_CACHE_SECONDS = 30;

/** UTF-16 units that are sent to a socket before it has to answer another `sync`. */
export const SYNC_EVERY = 262_144;
/** Unanswered units beyond which a reader gets nothing new, */
export const MAX_UNANSWERED = 1_048_576;
/** and below which it is sent what it missed, in pages. */
export const RESUME_BELOW = 524_288;
export const PAGE_SIZE = 65_536;
export const PAGE_ROWS = 500;
/** Milliseconds in which a `sync` has to be answered. */
export const SYNC_MS = 20_000;
