/**
 * What is said and edited: gathered for some milliseconds, stored in one commit, and told in one frame. A
 * reader that is behind is sent pages out of the store as fast as it answers, and delays nobody.
 */
import type { ServerFrame } from '../../../../src/live/protocol.ts';
import type { Crowd } from './crowd.ts';
import { fieldsAfter } from './fields.ts';
import { BATCH_MS, MAX_BATCH, MAX_BATCH_SIZE, PAGE_ROWS } from './limits.ts';
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
  /** Runs while the last commit is less than `BATCH_MS` ago: no clock is asked, so none can go back. */
  #timer: ReturnType<typeof setTimeout> | null = null;

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
    if (isFull || this.#timer === null) this.flush();
  }

  /** Stores and tells what is waiting. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const waiting = this.#queue;
    if (waiting.length === 0) return;
    this.#queue = [];
    this.#size = 0;
    this.#storeAndTell(waiting);
    // From the end of the work, so that a room with much to do does it in larger pieces.
    this.#timer = setTimeout(() => this.flush(), BATCH_MS);
  }

  #storeAndTell(waiting: Waiting[]): void {
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

  /**
   * Tells everybody who is up to date, in one frame for all: in it, authors find their own messages, which are
   * acknowledged by that. Those who are behind are told how far theirs are stored.
   */
  #tell({ after, json, docAfter, fields }: Committed, waiting: readonly Waiting[]): void {
    const { seq, rev } = this.#store.meta;
    const marks = marksOf(waiting);
    for (const [member, n] of marks) if (!member.state.live) member.tell({ type: 'ack', n });
    const interval = `"after":${after},"upto":${seq}`;
    if (seq > after) this.#sendLive(`{"type":"messages",${interval},"messages":${json}}`);
    if (rev > docAfter) this.tellLive({ type: 'fields', after: docAfter, upto: rev, fields });
  }

  /** Tells everybody who is up to date; the others learn who is here when they are. */
  tellLive(frame: ServerFrame, except?: Member): void {
    this.#sendLive(JSON.stringify(frame), except);
  }

  #sendLive(text: string, except?: Member): void {
    for (const member of this.#crowd.all) {
      if (!member.state.live || member === except) continue;
      member.send(text);
      if (member.isOverfull) this.#leaveBehind(member);
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
      const messages = this.#store.messagesAfter(state.seq, PAGE_ROWS);
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
