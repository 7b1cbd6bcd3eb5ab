/** A room's SQLite: its numbers, messages and marks. Only what a transaction has stored is told. */
import type { Edit, Field } from '../../../../src/live/document.ts';
import type { ChatMessage } from '../../../../src/live/protocol.ts';
import { editField, type Outcome } from './fields.ts';
import { HISTORY, MAX_CLIENTS, PAGE_SIZE, PRUNE_SLACK } from './limits.ts';
import { type Meta, SCHEMA } from './schema.ts';

export type Row = Record<string, SqlStorageValue>;

/** Something that a client or the operator wants stored. */
export interface Entry {
  user: string;
  client: string;
  frame: { type: 'message'; n: number; text: string } | ({ type: 'edit' } & Edit);
}

export interface Committed {
  after: number;
  messages: ChatMessage[];
  /** The messages as JSON. */
  json: string;
  docAfter: number;
  fields: Field[];
  /** Of the edits, in their order. */
  outcomes: Outcome[];
}

/** Set while the directory lists this room as one that stores something. */
const LISTED = 'listed';

const NOTHING: Meta = { name: '', epoch: '', seq: 0, pruned: 0, rev: 0, floor: 0, closed: 0 };

export class RoomStore {
  readonly #storage: DurableObjectStorage;
  /** As it is stored. */
  meta = NOTHING;
  #exists = false;
  #listed: boolean;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#listed = storage.kv.get(LISTED) === true;
    const tables = this.rows("SELECT 1 FROM sqlite_master WHERE name = 'meta'");
    const [meta] = tables.length ? this.rows<Meta & Row>('SELECT * FROM meta') : [];
    if (meta) {
      this.meta = meta;
      this.#exists = true;
    }
  }

  get exists(): boolean {
    return this.#exists;
  }

  /** Whether there is more here than tickets and kicks: numbers count, though their messages may be gone. */
  get holds(): boolean {
    const { seq, rev, closed } = this.meta;
    return seq > 0 || rev > 0 || closed > 0;
  }

  /** Whether the directory knows that the room holds something. */
  get listed(): boolean {
    return this.#listed;
  }

  set listed(is: boolean) {
    if (is === this.#listed) return;
    if (is) this.#storage.kv.put(LISTED, true);
    else this.#storage.kv.delete(LISTED);
    this.#listed = is;
  }

  /** The rows of a statement; none from a room that does not exist yet. */
  rows<R extends Row>(sql: string, ...bindings: SqlStorageValue[]): R[] {
    return this.#storage.sql.exec<R>(sql, ...bindings).toArray();
  }

  read<R extends Row>(sql: string, ...bindings: SqlStorageValue[]): R[] {
    return this.#exists ? this.rows<R>(sql, ...bindings) : [];
  }

  /** Does all of some work or nothing, in a room that exists from then on. */
  change<T>(name: string, work: (meta: Meta) => T): T {
    let meta = this.meta;
    const result = this.#storage.transactionSync(() => {
      if (!this.#exists) {
        this.rows(SCHEMA);
        const epoch = crypto.randomUUID();
        meta = { ...NOTHING, name, epoch };
        this.rows('INSERT INTO meta VALUES (0, ?, ?, 0, 0, 0, 0, 0)', name, epoch);
      }
      const next = { ...meta };
      const outcome = work(next);
      if (JSON.stringify(next) !== JSON.stringify(meta)) this.#save(next);
      meta = next;
      return outcome;
    });
    this.meta = meta;
    this.#exists = true;
    return result;
  }

  #save({ epoch, seq, pruned, rev, floor, closed }: Meta): void {
    const sql = 'UPDATE meta SET epoch = ?, seq = ?, pruned = ?, rev = ?, floor = ?, closed = ?';
    this.rows(sql, epoch, seq, pruned, rev, floor, closed);
  }

  /** Deletes everything, the room itself included. */
  async forget(): Promise<void> {
    await this.#storage.deleteAll();
    this.meta = NOTHING;
    this.#exists = false;
    this.#listed = false;
  }

  /** The highest number of a client's messages that is stored. */
  mark(user: string, client: string): number {
    const [row] = this.read<{ n: number }>(
      'SELECT n FROM marks WHERE user = ? AND client = ?',
      user,
      client,
    );
    return row?.n ?? 0;
  }

  /** Stores entries in their order, in one commit. Messages must have their client's next number. */
  commit(name: string, entries: readonly Entry[], history = HISTORY): Committed {
    const at = Date.now();
    return this.change(name, (meta) => {
      const after = meta.seq;
      const docAfter = meta.rev;
      const messages: ChatMessage[] = [];
      const fields = new Map<string, Field>();
      const outcomes: Outcome[] = [];
      for (const { user, client, frame } of entries) {
        if (frame.type === 'message') {
          messages.push({ seq: ++meta.seq, at, user, client, n: frame.n, text: frame.text });
        } else {
          const outcome = editField(this, meta, { user, client, at, ...frame });
          outcomes.push(outcome);
          if ('field' in outcome) fields.set(frame.field, outcome.field);
        }
      }
      const json = JSON.stringify(messages);
      if (messages.length) this.#insert(messages, json, meta, history);
      return { after, messages, json, docAfter, fields: [...fields.values()], outcomes };
    });
  }

  /** Costs the same number of statements whatever the number of messages. */
  #insert(messages: ChatMessage[], json: string, meta: Meta, history: number): void {
    this.rows(
      `INSERT INTO messages SELECT value->>'seq', value->>'at', value->>'user', value->>'client',
        value->>'n', value->>'text' FROM json_each(?)`,
      json,
    );
    const last = new Map(
      messages.map(({ user, client, n, at }) => [`${client} ${user}`, { user, client, n, at }]),
    );
    this.rows(
      `INSERT INTO marks SELECT value->>'user', value->>'client', value->>'n', value->>'at'
        FROM json_each(?) WHERE true ON CONFLICT DO UPDATE SET n = excluded.n, at = excluded.at`,
      JSON.stringify([...last.values()]),
    );
    for (const { user, n } of messages) if (n === 1) this.#forgetClients(user);
    if (meta.seq - meta.pruned >= history + PRUNE_SLACK) this.prune(meta, meta.seq - history);
  }

  /** Of a user with a new client, the marks of the least recent ones beyond the limit. */
  #forgetClients(user: string): void {
    this.rows(
      `DELETE FROM marks WHERE user = ?1 AND client IN (
        SELECT client FROM marks WHERE user = ?1 ORDER BY at DESC, n LIMIT -1 OFFSET ${MAX_CLIENTS})`,
      user,
    );
  }

  prune(meta: Meta, upto: number): void {
    this.rows('DELETE FROM messages WHERE seq <= ?', upto);
    meta.pruned = upto;
  }

  /** Messages after a number, in order, as many as fit into a page. */
  messagesAfter(seq: number, limit: number): ChatMessage[] {
    const sql = 'SELECT * FROM messages WHERE seq > ? ORDER BY seq LIMIT ?';
    return page(this.read<ChatMessage & Row>(sql, seq, limit), ({ text }) => text.length + 150);
  }
}

/** The first rows whose size together is a page's; at least one if there is any. */
export function page<T>(rows: T[], size: (row: T) => number): T[] {
  let sum = 0;
  const end = rows.findIndex((row) => {
    sum += size(row);
    return sum > PAGE_SIZE;
  });
  return end === -1 ? rows : rows.slice(0, Math.max(1, end));
}
