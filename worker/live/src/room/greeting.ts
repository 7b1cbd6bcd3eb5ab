/** What follows a client's hello: where it stands, and what it has missed. */
import { CLOSE, type Hello, OLDEST_PROTOCOL, PROTOCOL } from '../../../../src/live/protocol.ts';
import type { Conversation } from './conversation.ts';
import type { Crowd } from './crowd.ts';
import { JOIN_HISTORY } from './limits.ts';
import type { Member } from './member.ts';
import type { RoomStore } from './store.ts';

/** Welcomes a client, or again one that asks for what it missed. @returns whether it is new in the room. */
export function greet(
  store: RoomStore,
  crowd: Crowd,
  conversation: Conversation,
  member: Member,
  hello: Hello,
): boolean {
  const { state } = member;
  if (hello.version < OLDEST_PROTOCOL) {
    member.close(CLOSE.unsupported, `this room speaks version ${OLDEST_PROTOCOL} or newer`);
    return false;
  }
  const isNew = state.client !== hello.client;
  // What the socket before this one has sent is stored first: it counts for the mark.
  conversation.flush();
  // The room exists from here on: its epoch tells clients whether their numbers are about it.
  store.change(state.room, () => {});
  if (isNew) join(crowd, member, hello.client);
  member.mark = store.mark(state.user, state.client);
  member.queued = member.mark;
  welcome(store, member, hello);
  conversation.catchUp(member);
  return isNew;
}

/** A client has one socket: the one before it is closed. A user's others stay. */
function join(crowd: Crowd, member: Member, client: string): void {
  const { state } = member;
  const others = crowd.of(state.user).filter((each) => each !== member);
  const present = others.filter((each) => each.state.client !== '');
  state.since = Math.min(state.since, ...present.map((each) => each.state.since));
  state.client = client;
  for (const other of present) {
    if (other.state.client === client) {
      other.close(CLOSE.superseded, 'the same client has another socket');
    }
  }
}

function welcome(store: RoomStore, member: Member, hello: Hello): void {
  const { state, mark } = member;
  const { name: room, epoch, seq, pruned, rev } = store.meta;
  const isKnown = hello.epoch === epoch && hello.since !== undefined && hello.since <= seq;
  const from = isKnown ? (hello.since as number) : Math.max(pruned, seq - JOIN_HISTORY);
  const version = Math.min(hello.version, PROTOCOL);
  const { user } = state;
  member.tell({ type: 'welcome', version, room, user, epoch, mark, seq, doc: rev, from });
  if (hello.since !== undefined && !isKnown) {
    member.tell({ type: 'gap', after: 0, upto: from, reason: 'reset' });
  }
  const doc = isKnown ? Math.min(hello.doc ?? 0, rev) : 0;
  // Before any floor, so that the first page compares.
  Object.assign(state, { live: false, seq: from, doc, floor: 0 });
}
