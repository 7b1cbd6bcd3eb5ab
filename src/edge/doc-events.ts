/** From the frames of a room to what an operator wants to see of its document. */
import type { RoomClient } from '../live/client.ts';
import type { Field, Json } from '../live/document.ts';
import type { ClientFrame, ServerFrame } from '../live/protocol.ts';

export interface DocEvent {
  /** `ready`: all fields up to now were told. `lost` is about the connection. */
  event: 'field' | 'deleted' | 'ready' | 'lost';
  /** Milliseconds since 1970: of the edit, or when it was seen. */
  at: number;
  field?: string;
  value?: Json;
  /** Of the field; with `ready`, the newest of the document. */
  version?: number;
  user?: string;
  text?: string;
}

/**
 * What each frame changes: the difference between the client's replica and what was told, so that repeated,
 * missed and erased fields need no rule of their own.
 * @param client holds what was received, and is told each frame
 */
export function docEvents(client: RoomClient, now: () => number) {
  const told = new Map<string, Field>();

  function* differences(): Generator<DocEvent> {
    const { fields } = client.replica;
    for (const name of [...told.keys()]) if (!fields.has(name)) yield deletion(name);
    for (const field of fields.values()) {
      if (told.get(field.field)?.version === field.version) continue;
      if (field.value !== null) yield edit(field);
      else if (told.has(field.field)) yield deletion(field.field, field);
    }
  }

  function edit(given: Field): DocEvent {
    told.set(given.field, given);
    const { field, value, version, user, at } = given;
    return { event: 'field', at, field, value, version, user };
  }

  /** @param mark undefined where the room does not know any more who deleted it */
  function deletion(field: string, mark?: Field): DocEvent {
    told.delete(field);
    if (!mark) return { event: 'deleted', at: now(), field };
    return { event: 'deleted', at: mark.at, field, version: mark.version, user: mark.user };
  }

  return function* (frame: ServerFrame, send: (frame: ClientFrame) => void): Generator<DocEvent> {
    const received = client.receive(frame);
    // After a welcome to another life of the room the replica is empty until its fields have come.
    if (frame.type === 'fields' || frame.type === 'conflict') yield* differences();
    if (frame.type === 'presence' && frame.people) {
      yield* differences();
      yield { event: 'ready', at: now(), version: client.replica.rev };
    }
    for (const each of received.send) send(each);
  };
}
