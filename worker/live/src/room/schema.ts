/** What a room stores. `meta` has one row; the room exists from when it is there. */
export const SCHEMA = `
CREATE TABLE meta (id INTEGER PRIMARY KEY, name TEXT, epoch TEXT, seq INTEGER, pruned INTEGER,
  rev INTEGER, floor INTEGER, closed INTEGER);
CREATE TABLE messages (seq INTEGER PRIMARY KEY, at INTEGER, user TEXT, client TEXT, n INTEGER, text TEXT);
CREATE TABLE marks (user TEXT, client TEXT, n INTEGER, at INTEGER, PRIMARY KEY (user, client)) WITHOUT ROWID;
CREATE TABLE fields (field TEXT PRIMARY KEY, version INTEGER, value TEXT, user TEXT, client TEXT,
  n INTEGER, at INTEGER) WITHOUT ROWID;
CREATE TABLE tickets (ticket TEXT PRIMARY KEY, identity TEXT, until INTEGER) WITHOUT ROWID;
CREATE TABLE kicks (user TEXT PRIMARY KEY, until INTEGER) WITHOUT ROWID;`;

/** Numbers of a room that are its own: no row's absence changes them. */
export interface Meta {
  name: string;
  /** Changes when the room is erased. */
  epoch: string;
  /** The newest message. */
  seq: number;
  /** The newest message that is not kept any more. */
  pruned: number;
  /** The newest version in the document. */
  rev: number;
  /** The highest version among the deletion marks that were dropped. */
  floor: number;
  closed: number;
}
