/** What the operator does with a room, through the edge's admin plane. */
import { isClientId, isEdit, isText } from '../../../../src/live/decode.ts';
import type { ChatMessage } from '../../../../src/live/protocol.ts';
import { CLOSE, MAX_TEXT } from '../../../../src/live/protocol.ts';
import type { Refused, RoomDescription, RoomHistory, RoomRpc } from '../../../../src/live/rpc.ts';
import type { Conversation } from './conversation.ts';
import type { Crowd } from './crowd.ts';
import { allFields, fieldOf } from './fields.ts';
import type { RoomStore } from './store.ts';
import { end } from './upkeep.ts';

type Asked<Name extends keyof RoomRpc> = Parameters<RoomRpc[Name]>[0];

const MAX_USER = 100;
const CLIENT = 'operator';

export class Operator {
  readonly #store: RoomStore;
  readonly #crowd: Crowd;
  readonly #conversation: Conversation;

  constructor(store: RoomStore, crowd: Crowd, conversation: Conversation) {
    this.#store = store;
    this.#crowd = crowd;
    this.#conversation = conversation;
  }

  describe(room: string, bytes: number): RoomDescription {
    const { name, epoch, seq, rev, closed } = this.#store.meta;
    const [kept] = this.#store.read<{ n: number; oldest: number | null; newest: number | null }>(
      'SELECT count(*) AS n, min(at) AS oldest, max(at) AS newest FROM messages',
    );
    return {
      room: name || room,
      epoch: epoch || null,
      seq,
      messages: kept?.n ?? 0,
      oldest_at: kept?.oldest ?? null,
      newest_at: kept?.newest ?? null,
      doc: { rev, fields: this.fields().length },
      people: this.#crowd.people(),
      sockets: this.#crowd.members.length,
      closed: closed > 0,
      bytes,
    };
  }

  history({ after, limit = 100 }: Asked<'history'>): RoomHistory {
    const { seq, pruned } = this.#store.meta;
    const order = after === undefined ? 'DESC' : 'ASC';
    const messages = this.#store.read<ChatMessage & Record<string, SqlStorageValue>>(
      `SELECT * FROM messages WHERE seq > ? ORDER BY seq ${order} LIMIT ?`,
      after ?? 0,
      Math.max(0, Math.trunc(limit)),
    );
    return { messages: after === undefined ? messages.reverse() : messages, seq, pruned };
  }

  /** The fields that are not deleted. */
  fields() {
    return allFields(this.#store).filter(({ value }) => value !== null);
  }

  say({ room, user, client, n, text }: Asked<'say'>): { seq: number } | Refused {
    if (!isText(user, MAX_USER) || !isClientId(client) || !isText(text, MAX_TEXT)) {
      return { error: 'bad_request' };
    }
    if (this.#store.meta.closed) return { error: 'room_closed' };
    this.#conversation.flush();
    const mark = this.#store.mark(user, client);
    if (n <= mark) return { seq: this.#store.meta.seq };
    if (n !== mark + 1) return { error: 'out_of_order' };
    this.#conversation.store(room, { user, client, frame: { type: 'message', n, text } });
    return { seq: this.#store.meta.seq };
  }

  set({ room, user, field, value, base }: Asked<'docSet'>): Awaited<ReturnType<RoomRpc['docSet']>> {
    if (this.#store.meta.closed) return { error: 'room_closed' };
    this.#conversation.flush();
    const edit = { n: 0, field, value, base: base ?? fieldOf(this.#store, field)?.version ?? 0 };
    if (!isText(user, MAX_USER) || !isEdit(edit)) return { error: 'bad_request' };
    const entry = { user, client: CLIENT, frame: { type: 'edit' as const, ...edit } };
    const outcome = this.#conversation.store(room, entry).outcomes[0];
    return !outcome || 'full' in outcome ? { error: 'document_full' } : outcome;
  }

  kick(room: string, { user, seconds }: Asked<'kick'>): { sockets: number } {
    const until = Date.now() + seconds * 1000;
    this.#store.change(room, () => {
      this.#store.rows('INSERT OR REPLACE INTO kicks VALUES (?, ?)', user, until);
      this.#store.rows('DELETE FROM tickets WHERE identity ->> ? = ?', 'user', user);
    });
    const members = this.#crowd.of(user);
    for (const member of members) member.close(CLOSE.kicked, 'the operator has sent you away');
    return { sockets: members.length };
  }

  close({ room, erase }: Asked<'close'>): { sockets: number } {
    this.#conversation.flush();
    const { members } = this.#crowd;
    for (const member of members) member.close(CLOSE.roomClosed, 'the room is closed');
    this.#store.change(room, (meta) => {
      this.#store.rows('DELETE FROM tickets');
      meta.closed = 1;
      if (!erase) return;
      for (const table of ['messages', 'marks', 'fields']) this.#store.rows(`DELETE FROM ${table}`);
      const epoch = crypto.randomUUID();
      Object.assign(meta, { epoch, seq: 0, pruned: 0, rev: 0, floor: 0 });
    });
    return { sockets: members.length };
  }

  open(room: string): { closed: false } {
    if (this.#store.meta.closed) {
      this.#store.change(room, (meta) => {
        meta.closed = 0;
      });
    }
    return { closed: false };
  }

  /** Messages go, which leaves holes but no gap; fields stay without a name. */
  forget(room: string, user: string) {
    this.#conversation.flush();
    const members = this.#crowd.of(user);
    for (const member of members) end(member);
    const counts = { messages: 0, fields: 0, sockets: members.length };
    if (!this.#store.exists) return counts;
    const run = (sql: string) => this.#store.rows(`${sql} RETURNING 1`, user).length;
    this.#store.change(room, () => {
      counts.messages = run('DELETE FROM messages WHERE user = ?');
      counts.fields = run("UPDATE fields SET user = '', client = '' WHERE user = ?");
      run('DELETE FROM marks WHERE user = ?');
      run("DELETE FROM tickets WHERE identity ->> 'user' = ?");
      run('DELETE FROM kicks WHERE user = ?');
    });
    return counts;
  }
}
