/** A chat room: one object each, and what the edge and the operator call on it. */
import { isClientId, isEdit, isText } from '../../../../src/live/decode.ts';
import { type ChatMessage, CLOSE, MAX_TEXT } from '../../../../src/live/protocol.ts';
import type { RoomDescription, RoomHistory, RoomRpc } from '../../../../src/live/rpc.ts';
import { isKicked, issueTicket } from './admission.ts';
import { allFields, fieldOf } from './fields.ts';
import { RoomSockets } from './sockets.ts';
import { end } from './upkeep.ts';

type Asked<Name extends keyof RoomRpc> = Parameters<RoomRpc[Name]>[0];

const MAX_USER = 100;
const CLIENT = 'operator';

export class ChatRoom extends RoomSockets implements RoomRpc {
  async ticket(call: Asked<'ticket'>): ReturnType<RoomRpc['ticket']> {
    if (this.store.meta.closed) return { error: 'room_closed' };
    if (isKicked(this.store, call.user)) return { error: 'kicked' };
    const issued = issueTicket(this.store, call.room, call);
    await this.plan();
    return issued ?? { error: 'too_many' };
  }

  async describe(): Promise<RoomDescription> {
    const { name, epoch, seq, rev, closed } = this.store.meta;
    const [kept] = this.store.read<{ n: number; oldest: number | null; newest: number | null }>(
      'SELECT count(*) AS n, min(at) AS oldest, max(at) AS newest FROM messages',
    );
    return {
      room: name || this.name,
      epoch: epoch || null,
      seq,
      messages: kept?.n ?? 0,
      oldest_at: kept?.oldest ?? null,
      newest_at: kept?.newest ?? null,
      doc: { rev, fields: this.#fields().length },
      people: this.crowd.people(),
      sockets: this.crowd.members.length,
      closed: closed > 0,
      bytes: this.ctx.storage.sql.databaseSize,
    };
  }

  async history({ after, limit = 100 }: Asked<'history'>): Promise<RoomHistory> {
    const { seq, pruned } = this.store.meta;
    const order = after === undefined ? 'DESC' : 'ASC';
    const messages = this.store.read<ChatMessage & Record<string, SqlStorageValue>>(
      `SELECT * FROM messages WHERE seq > ? ORDER BY seq ${order} LIMIT ?`,
      after ?? 0,
      Math.max(0, Math.trunc(limit)),
    );
    return { messages: after === undefined ? messages.reverse() : messages, seq, pruned };
  }

  /** The fields that are not deleted. */
  #fields() {
    return allFields(this.store).filter(({ value }) => value !== null);
  }

  async say({ room, user, client, n, text }: Asked<'say'>): ReturnType<RoomRpc['say']> {
    if (!isText(user, MAX_USER) || !isClientId(client) || !isText(text, MAX_TEXT)) {
      return { error: 'bad_request' };
    }
    if (this.store.meta.closed) return { error: 'room_closed' };
    this.conversation.flush();
    const mark = this.store.mark(user, client);
    if (n <= mark) return { seq: this.store.meta.seq };
    if (n !== mark + 1) return { error: 'out_of_order' };
    this.conversation.store(room, { user, client, frame: { type: 'message', n, text } });
    await this.stored(room);
    return { seq: this.store.meta.seq };
  }

  async docSet({ room, user, field, value, base }: Asked<'docSet'>): ReturnType<RoomRpc['docSet']> {
    if (this.store.meta.closed) return { error: 'room_closed' };
    this.conversation.flush();
    const edit = { n: 0, field, value, base: base ?? fieldOf(this.store, field)?.version ?? 0 };
    if (!isText(user, MAX_USER) || !isEdit(edit)) return { error: 'bad_request' };
    const entry = { user, client: CLIENT, frame: { type: 'edit' as const, ...edit } };
    const outcome = this.conversation.store(room, entry).outcomes[0];
    await this.stored(room);
    return !outcome || 'full' in outcome ? { error: 'document_full' } : outcome;
  }

  async kick({ user, seconds }: Asked<'kick'>): Promise<{ sockets: number }> {
    const until = Date.now() + seconds * 1000;
    this.store.change(this.name, () => {
      this.store.rows('INSERT OR REPLACE INTO kicks VALUES (?, ?)', user, until);
      this.store.rows('DELETE FROM tickets WHERE identity ->> ? = ?', 'user', user);
    });
    const members = this.crowd.of(user);
    for (const member of members) member.close(CLOSE.kicked, 'the operator has sent you away');
    this.presence.changed(this.name);
    return { sockets: members.length };
  }

  async close({ room, erase }: Asked<'close'>): Promise<{ sockets: number }> {
    this.conversation.flush();
    const { members } = this.crowd;
    for (const member of members) member.close(CLOSE.roomClosed, 'the room is closed');
    this.presence.changed(room);
    this.store.change(room, (meta) => {
      this.store.rows('DELETE FROM tickets');
      meta.closed = 1;
      if (!erase) return;
      for (const table of ['messages', 'marks', 'fields']) this.store.rows(`DELETE FROM ${table}`);
      const epoch = crypto.randomUUID();
      Object.assign(meta, { epoch, seq: 0, pruned: 0, rev: 0, floor: 0 });
    });
    await this.stored(room);
    return { sockets: members.length };
  }

  async open(): Promise<{ closed: false }> {
    if (this.store.meta.closed) {
      this.store.change(this.name, (meta) => {
        meta.closed = 0;
      });
      await this.stored(this.name);
    }
    return { closed: false };
  }

  /** How much there is that names a user. `traces` are numbers of clients, tickets and kicks. */
  async aboutUser({ user }: Asked<'aboutUser'>) {
    this.conversation.flush();
    const count = (from: string) =>
      this.store.read<{ n: number }>(`SELECT count(*) AS n FROM ${from} = ?`, user)[0]?.n ?? 0;
    const places = ['marks WHERE user', "tickets WHERE identity ->> 'user'", 'kicks WHERE user'];
    return {
      messages: count('messages WHERE user'),
      fields: count('fields WHERE user'),
      traces: places.reduce((sum, place) => sum + count(place), 0),
      sockets: this.crowd.of(user).length,
    };
  }

  /** Messages go, which leaves holes but no gap; fields stay without a name. */
  async forgetUser({ user }: Asked<'forgetUser'>) {
    this.conversation.flush();
    const members = this.crowd.of(user);
    for (const member of members) end(member);
    this.presence.changed(this.name);
    const counts = { messages: 0, fields: 0, sockets: members.length };
    if (!this.store.exists) return counts;
    const run = (sql: string) => this.store.rows(`${sql} RETURNING 1`, user).length;
    this.store.change(this.name, () => {
      counts.messages = run('DELETE FROM messages WHERE user = ?');
      counts.fields = run("UPDATE fields SET user = '', client = '' WHERE user = ?");
      run('DELETE FROM marks WHERE user = ?');
      run("DELETE FROM tickets WHERE identity ->> 'user' = ?");
      run('DELETE FROM kicks WHERE user = ?');
    });
    return counts;
  }

  async export() {
    const description = await this.describe();
    const history = await this.history({ after: 0, limit: Number.MAX_SAFE_INTEGER });
    return { ...history, description, fields: this.#fields() };
  }

  async docGet() {
    return { rev: this.store.meta.rev, fields: this.#fields() };
  }
}
