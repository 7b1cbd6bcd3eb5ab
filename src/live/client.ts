/**
 * A client's side of the protocol without its socket: what it has, what it still has to get stored, and
 * what to answer to each frame. Whoever owns the socket sends what it returns, in that order.
 */
import { type Edit, type Json, mergeField, mergeFields, newReplica } from './document.ts';
import {
  type ChatMessage,
  type ClientFrame,
  type Fields,
  type Messages,
  PROTOCOL,
  type ServerFrame,
  type Welcome,
} from './protocol.ts';

/** What a frame means for the owner of the socket. */
export interface Received {
  /** Frames to send now. */
  send: ClientFrame[];
  /** Messages that are new here. */
  messages: ChatMessage[];
  /** Send `resend()` after so many milliseconds. */
  retryMs?: number;
}

export class RoomClient {
  readonly client: string;
  replica = newReplica();
  epoch: string | undefined;
  /** Everything up to this message was received, or told as a gap. */
  since: number | undefined;
  /** Messages without an acknowledgement, in order. */
  readonly pending: { n: number; text: string }[] = [];
  /** By field: the edit that has not been answered. */
  readonly edits = new Map<string, Edit>();
  #user = '';
  #mark = 0;
  #edit = 0;

  /** @param client an id that no other socket uses at the same time: one for each tab or process */
  constructor(client: string) {
    this.client = client;
  }

  /** The first frame on a new socket, and what asks for anything that was missed. */
  hello(): ClientFrame {
    const { client, epoch, since, replica } = this;
    return {
      type: 'hello',
      version: PROTOCOL,
      client,
      ...(epoch !== undefined && since !== undefined && { epoch, since, doc: replica.rev }),
    };
  }

  /** A new message. Until it is acknowledged, `resend` repeats it. */
  say(text: string): ClientFrame {
    const n = this.#mark + this.pending.length + 1;
    this.pending.push({ n, text });
    return { type: 'message', n, text };
  }

  /** An edit of a field, null to delete it; undefined while an earlier edit of it has no answer. */
  edit(field: string, value: Json): ClientFrame | undefined {
    if (this.edits.has(field)) return;
    const base = this.replica.fields.get(field)?.version ?? 0;
    const edit = { n: ++this.#edit, field, base, value };
    this.edits.set(field, edit);
    return { type: 'edit', ...edit };
  }

  /** Everything that has no answer yet. */
  resend(): ClientFrame[] {
    const messages = this.pending.map((each) => ({ type: 'message' as const, ...each }));
    return [
      ...messages,
      ...[...this.edits.values()].map((edit) => ({ type: 'edit' as const, ...edit })),
    ];
  }

  receive(frame: ServerFrame): Received {
    const received: Received = { send: [], messages: [] };
    switch (frame.type) {
      case 'welcome':
        this.#welcome(frame);
        received.send = this.resend();
        break;
      case 'messages':
        this.#messages(frame, received);
        break;
      case 'gap':
        this.since = Math.max(this.since ?? 0, frame.upto);
        break;
      case 'ack':
        this.#acknowledge(frame.n);
        break;
      case 'fields':
        this.#fields(frame, received);
        break;
      case 'conflict':
        mergeField(this.replica, frame.field);
        this.#settle((edit) => edit.n === frame.n);
        break;
      case 'edited':
        this.#settle((edit) => edit.n === frame.n);
        break;
      case 'error':
        if (frame.n !== undefined) received.retryMs = frame.retry_ms ?? 0;
        break;
      case 'sync':
        received.send = [{ type: 'sync', sent: frame.sent }];
        break;
      default:
    }
    return received;
  }

  #welcome({ user, epoch, mark, from }: Welcome): void {
    this.#user = user;
    if (this.epoch !== epoch) {
      // Another life of the room, or the first welcome: what was written before has no number there yet.
      if (this.epoch !== undefined) this.replica = newReplica();
      this.epoch = epoch;
      this.since = from;
      this.#mark = mark;
      this.pending.forEach((each, i) => {
        each.n = mark + 1 + i;
      });
    } else this.#acknowledge(mark);
  }

  #acknowledge(n: number): void {
    const stored = this.pending.findIndex((each) => each.n > n);
    this.pending.splice(0, stored === -1 ? this.pending.length : stored);
    this.#mark = Math.max(this.#mark, n);
  }

  #messages({ after, upto, messages }: Messages, received: Received): void {
    const own = messages.filter((each) => each.user === this.#user && each.client === this.client);
    this.#acknowledge(own.at(-1)?.n ?? 0);
    const since = this.since ?? 0;
    if (after > since) {
      received.send = [this.hello()];
      return;
    }
    received.messages = messages.filter(({ seq }) => seq > since);
    this.since = Math.max(since, upto);
  }

  #fields(frame: Fields, received: Received): void {
    if (!mergeFields(this.replica, frame)) received.send = [this.hello()];
    const { fields } = this.replica;
    // Stored as it was sent, or lost to a newer one: either way it has its answer.
    this.#settle(({ field, base }) => (fields.get(field)?.version ?? 0) > base);
  }

  #settle(isAnswered: (edit: Edit) => boolean): void {
    for (const [field, edit] of this.edits) if (isAnswered(edit)) this.edits.delete(field);
  }
}
