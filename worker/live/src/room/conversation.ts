/**
 * What is said and edited: gathered for some milliseconds, stored in one commit, and told in one frame. A
 * reader that is behind is sent pages out of the store as fast as it answers, and delays nobody.
 */
import type { ServerFrame } from '../../../../src/live/protocol.ts';
import type { Crowd } from './crowd.ts';
import { fieldsAfter } from './fields.ts';
import { BATCH_MS, MAX_BATCH, MAX_BATCH_SIZE } from './limits.ts';
import type { Member } from './member.ts';
import type { Committed, Entry, RoomStore } from './store.ts';

const RETRY_MS = 1000;

interface Waiting extends Entry {
  member: Member;
}

export class Conversation {
  readonly #store: RoomStore;
  readonly #crowd: Crowd;
  readonly #history: number;
  #queue: Waiting[] = [];
  #size = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #storedAt = 0;

  constructor(store: RoomStore, crowd: Crowd, history: number) {
    this.#store = store;
    this.#crowd = crowd;
    this.#history = history;
  }

  /** Stores an entry at once, or with those that come within `BATCH_MS` of the last commit. */
  add(member: Member, frame: Entry['frame']): void {
    const { user, client } = member.state;
    this.#queue.push({ user, client, frame, member });
    this.#size += frame.type === 'message' ? frame.text.length : JSON.stringify(frame).length;
    const isFull = this.#queue.length >= MAX_BATCH || this.#size >= MAX_BATCH_SIZE;
    const passed = Date.now() - this.#storedAt;
    // A clock that went back must not hold anything up.
    const isIdle = this.#timer === null && (passed >= BATCH_MS || passed < 0);
    if (isFull || isIdle) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), BATCH_MS - passed);
  }

  /** Stores and tells what is waiting. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = null;
    const waiting = this.#queue;
    if (waiting.length === 0) return;
    this.#queue = [];
    this.#size = 0;
    this.#storedAt = Date.now();
    let committed: Committed;
    try {
      committed = this.#commit(waiting[0]?.member.state.room ?? '', waiting);
    } catch {
      refuse(waiting);
      return;
    }
    this.#tell(committed, waiting);
    this.#acknowledge(waiting, committed);
  }

  #commit(room: string, entries: readonly Entry[]): Committed {
    return this.#store.commit(room, entries, this.#history);
  }

  /** Stores an entry that came by another way than a socket, after what is waiting. */
  store(room: string, entry: Entry): Committed {
    this.flush();
    const committed = this.#commit(room, [entry]);
    this.#tell(committed, []);
    return committed;
  }

  /** Tells everybody who is up to date; authors are told how far their messages are stored. */
  #tell({ after, messages, docAfter, fields }: Committed, waiting: readonly Waiting[]): void {
    const { seq, rev } = this.#store.meta;
    const body = `"after":${after},"upto":${seq},"messages":${JSON.stringify(messages)}}`;
    const news = messages.length ? `{"type":"messages",${body}` : '';
    const doc: ServerFrame = { type: 'fields', after: docAfter, upto: rev, fields };
    const edits = rev > docAfter ? JSON.stringify(doc) : '';
    const acks = marksOf(waiting);
    for (const member of this.#crowd.members) {
      const ack = acks.get(member);
      if (!member.state.live) {
        if (ack) member.tell({ type: 'ack', n: ack });
        continue;
      }
      if (ack) member.send(`{"type":"messages","ack":${ack},${body}`);
      else if (news) member.send(news);
      if (edits) member.send(edits);
      if (member.isOverfull) this.#leaveBehind(member);
    }
  }

  /** Tells everybody who is up to date; the others learn who is here when they are. */
  tellLive(frame: ServerFrame, except?: Member): void {
    const text = JSON.stringify(frame);
    for (const member of this.#crowd.members) {
      if (member.state.live && member !== except) member.send(text);
    }
  }

  /** Not stored: whoever is behind misses nothing by it. */
  typing(member: Member, on: boolean): void {
    this.tellLive({ type: 'typing', user: member.state.user, on }, member);
  }

  #acknowledge(waiting: Waiting[], { outcomes }: Committed): void {
    const edits = waiting.filter(({ frame }) => frame.type === 'edit');
    edits.forEach(({ member, frame: { n } }, i) => {
      const outcome = outcomes[i];
      if (!outcome) return;
      if ('conflict' in outcome) member.tell({ type: 'conflict', n, field: outcome.conflict });
      else if ('field' in outcome) {
        member.tell({ type: 'edited', n, version: outcome.field.version });
      } else {
        const message = 'the document has as many fields as it may have';
        member.tell({ type: 'error', code: 'document_full', message, n });
      }
    });
  }

  /** From here on a reader gets pages out of the store, when it has answered. */
  #leaveBehind(member: Member): void {
    const { seq, rev, floor } = this.#store.meta;
    Object.assign(member.state, { live: false, seq, doc: rev, floor });
    member.save();
  }

  /** Sends a reader what it missed, as much as it may have on its way; the end of that is the present. */
  catchUp(member: Member): void {
    if (!member.mayResume) return;
    // What is waiting must not be told twice, nor be skipped.
    this.flush();
    while (member.mayResume) this.#page(member);
    member.save();
  }

  #page(member: Member): void {
    const { state } = member;
    const { seq, rev, pruned, floor } = this.#store.meta;
    if (floor > state.floor) {
      // Deletions may have been forgotten that this replica has not seen: it needs the whole.
      if (state.doc < floor) state.doc = 0;
      state.floor = floor;
    }
    if (state.seq < pruned) {
      member.tell({ type: 'gap', after: state.seq, upto: pruned, reason: 'pruned' });
      state.seq = pruned;
    } else if (state.seq < seq) {
      const messages = this.#store.messagesAfter(state.seq, MAX_BATCH);
      const upto = messages.at(-1)?.seq ?? seq;
      member.tell({ type: 'messages', after: state.seq, upto, messages });
      state.seq = upto;
    } else if (state.doc < rev) {
      const fields = fieldsAfter(this.#store, state.doc);
      const upto = fields.at(-1)?.version ?? rev;
      member.tell({ type: 'fields', after: state.doc, upto, fields });
      state.doc = upto;
    } else {
      member.tell({ type: 'presence', people: this.#crowd.shown });
      state.live = true;
    }
  }
}

/** How far the messages of each author are stored now. */
function marksOf(waiting: readonly Waiting[]): Map<Member, number> {
  const marks = new Map<Member, number>();
  for (const { member, frame } of waiting) {
    if (frame.type !== 'message') continue;
    member.mark = frame.n;
    marks.set(member, frame.n);
  }
  return marks;
}

function refuse(waiting: readonly Waiting[]): void {
  const message = 'it could not be stored; send it again';
  for (const { member, frame } of waiting) {
    member.queued = member.mark;
    const { n } = frame;
    member.tell({ type: 'error', code: 'storage_failed', message, n, retry_ms: RETRY_MS });
  }
}
