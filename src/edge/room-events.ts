/** From the frames of a room to what an operator wants to see. */
import type { RoomClient } from '../live/client.ts';
import type { ClientFrame, ServerFrame } from '../live/protocol.ts';

export interface RoomEvent {
  /** `gap` and `lost` are about the connection, the others about the room. */
  event: 'message' | 'field' | 'joined' | 'left' | 'gap' | 'lost';
  /** Milliseconds since 1970. */
  at: number;
  /** Of a message. */
  seq?: number;
  user?: string;
  text?: string;
}

/**
 * What each frame means, in order; frames before are remembered.
 * @param client holds what was received, and is told each frame
 */
export function roomEvents(client: RoomClient, now: () => number) {
  const present = new Set<string>();
  /** Fields up to this version were shown, or were there before. */
  let known: number | undefined;
  let epoch: string | undefined;
  /** The watcher, whose own coming and going says nothing. */
  let self = '';

  function* presence(frame: ServerFrame & { type: 'presence' }): Generator<RoomEvent> {
    const { people, changed = [], left = [] } = frame;
    if (people) present.clear();
    for (const { user } of people ?? []) present.add(user);
    for (const { user } of changed) {
      if (!present.has(user) && user !== self) yield { event: 'joined', at: now(), user };
      present.add(user);
    }
    for (const user of left) {
      if (present.delete(user) && user !== self) yield { event: 'left', at: now(), user };
    }
  }

  function* fields(frame: ServerFrame & { type: 'fields' }): Generator<RoomEvent> {
    for (const { field, version, value, user, at } of frame.fields) {
      if (version <= (known ?? 0)) continue;
      yield { event: 'field', at, user, text: `${field} = ${JSON.stringify(value)}` };
    }
    known = Math.max(known ?? 0, frame.upto);
  }

  function welcome(frame: ServerFrame & { type: 'welcome' }): void {
    if (known === undefined) known = frame.doc;
    else if (epoch !== frame.epoch) known = 0;
    epoch = frame.epoch;
    self = frame.user;
  }

  return function* (frame: ServerFrame, send: (frame: ClientFrame) => void): Generator<RoomEvent> {
    const received = client.receive(frame);
    for (const { seq, at, user, text } of received.messages) {
      yield { event: 'message', at, seq, user, text };
    }
    if (frame.type === 'welcome') welcome(frame);
    if (frame.type === 'fields') yield* fields(frame);
    if (frame.type === 'presence') yield* presence(frame);
    if (frame.type === 'gap') {
      const text = `messages ${frame.after + 1} to ${frame.upto} are missing (${frame.reason})`;
      yield { event: 'gap', at: now(), text };
    }
    // After what came before was shown: the room measures by it how far a slow reader is.
    for (const each of received.send) send(each);
  };
}
