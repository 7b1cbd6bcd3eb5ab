/** The one object that knows who is online, where. It is a shell around `snapshots.ts`. */
import { DurableObject } from 'cloudflare:workers';
import type {
  KnownRoom,
  PresenceRpc,
  PresenceSnapshot,
  RoomIndexRpc,
} from '../../../../src/live/presence-rpc.ts';
import { fieldsOf } from '../../../../src/shards/summary.ts';
import type { Env } from '../env.ts';
import { decodeSnapshot, leaseEnd, ROOM_MEMORY_MS, replaces, select } from './snapshots.ts';

/** Milliseconds between two sweeps while there is anything to sweep. */
const SWEEP_MS = 3_600_000;

/** `people` is JSON; it is empty once the lease has ended. `STORED` came later. */
const TABLE = `CREATE TABLE IF NOT EXISTS rooms (
  room TEXT PRIMARY KEY, at REAL NOT NULL, until REAL NOT NULL, seen REAL NOT NULL, people TEXT NOT NULL
) WITHOUT ROWID`;
const STORED = 'ALTER TABLE rooms ADD COLUMN stored INTEGER NOT NULL DEFAULT 0';
const STORE = `INSERT INTO rooms (room, at, until, seen, people) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT DO UPDATE SET at = ?2, until = ?3, seen = max(seen, ?4), people = ?5`;
/** A room that stores something is seen by that, though nobody is in it. */
const KEEP = `INSERT INTO rooms (room, at, until, seen, people, stored) VALUES (?1, 0, 0, ?2, '[]', 1)
  ON CONFLICT DO UPDATE SET seen = max(seen, ?2), stored = 1`;

type Stored = { room: string; at: number; people: string };

export class PresenceDirectory extends DurableObject<Env> implements PresenceRpc, RoomIndexRpc {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(TABLE);
    const columns = this.#sql.exec<{ name: string }>('PRAGMA table_info(rooms)').toArray();
    if (!columns.some(({ name }) => name === 'stored')) this.#sql.exec(STORED);
  }

  async report(given: PresenceSnapshot, leaseMs: number): Promise<void> {
    const now = Date.now();
    const snapshot = decodeSnapshot(given);
    this.#keep(snapshot, now);
    const next = { snapshot, until: leaseEnd(snapshot.at, leaseMs, now) };
    const query = 'SELECT at, until FROM rooms WHERE room = ?';
    const [known] = this.#sql.exec<{ at: number; until: number }>(query, snapshot.room);
    if (!replaces(next, known ?? { at: 0, until: 0 }, now)) return;
    const { room, at, people } = snapshot;
    const seen = people.length > 0 ? Math.min(at, now) : 0;
    this.#sql.exec(STORE, room, at, next.until, seen, JSON.stringify(people));
    await this.#sweepLater();
  }

  /** Each room sends one report after the other: what it says of its store holds, whatever its clock says. */
  #keep({ room, at, stored }: PresenceSnapshot, now: number): void {
    if (stored === undefined) return;
    if (stored) this.#sql.exec(KEEP, room, Math.min(at, now));
    else this.#sql.exec('UPDATE rooms SET stored = 0 WHERE room = ?', room);
  }

  async list(filter: { room?: string; user?: string }): Promise<PresenceSnapshot[]> {
    const query = 'SELECT room, at, people FROM rooms WHERE until > ? ORDER BY room';
    const live = this.#sql.exec<Stored>(query, Date.now()).toArray();
    const snapshots = live.map((row) => ({ ...row, people: JSON.parse(row.people) }));
    return select(snapshots, fieldsOf(filter));
  }

  async rooms({ after, limit }: { after: string; limit: number }): Promise<KnownRoom[]> {
    const query = `SELECT room, seen AS lastSeen FROM rooms
      WHERE room > ? AND (stored OR seen > ?) ORDER BY room LIMIT ?`;
    const since = Date.now() - ROOM_MEMORY_MS;
    return this.#sql.exec<{ room: string; lastSeen: number }>(query, after, since, limit).toArray();
  }

  /** Takes out what is over. It may ring late, or twice: the queries look at the time themselves. */
  override async alarm(): Promise<void> {
    const now = Date.now();
    const over = 'DELETE FROM rooms WHERE until <= ? AND seen <= ? AND NOT stored';
    this.#sql.exec(over, now, now - ROOM_MEMORY_MS);
    this.#sql.exec("UPDATE rooms SET people = '[]' WHERE until <= ? AND people <> '[]'", now);
    // A room that stores something is taken out by its own report only.
    const [left] = this.#sql.exec("SELECT 1 FROM rooms WHERE NOT stored OR people <> '[]' LIMIT 1");
    if (left) await this.ctx.storage.setAlarm(now + SWEEP_MS);
  }

  async #sweepLater(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) !== null) return;
    await this.ctx.storage.setAlarm(Date.now() + SWEEP_MS);
  }
}
