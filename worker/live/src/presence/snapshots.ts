/** Snapshots as the directory judges them. No I/O here. */
import type { PresenceSnapshot } from '../../../../src/live/presence-rpc.ts';
import { fieldsOf } from '../../../../src/shards/summary.ts';

/** A lease is so many milliseconds at most, whatever a room asks for. */
export const LONGEST_LEASE_MS = 600_000;
/** A room that stores nothing is forgotten when nobody was in it for so long. */
export const ROOM_MEMORY_MS = 31 * 86_400_000;
/** UTF-16 units of a room's or user's name. */
const MAX_NAME = 512;

type Person = PresenceSnapshot['people'][number];

/** A snapshot as it is kept. */
export interface Kept {
  snapshot: PresenceSnapshot;
  /** End of its lease, milliseconds since 1970 by the directory's clock. */
  until: number;
}

/**
 * Reads a snapshot of any version; people that are malformed are left out.
 * @throws {TypeError} where it names no room or no time
 */
export function decodeSnapshot(given: unknown): PresenceSnapshot {
  const { room, at, people, stored } = fieldsOf(given);
  if (!isName(room)) throw new TypeError('a snapshot has to name its room');
  if (!isTime(at)) throw new TypeError('a snapshot has to say when it was taken');
  return {
    room,
    at,
    people: (Array.isArray(people) ? people : []).flatMap(decodePerson),
    ...(typeof stored === 'boolean' && { stored }),
  };
}

function decodePerson(given: unknown): Person[] {
  const { user, since, lastActive, sockets } = fieldsOf(given);
  if (!isName(user) || !isTime(since)) return [];
  return [
    {
      user,
      since,
      lastActive: isTime(lastActive) ? lastActive : since,
      sockets: Number.isInteger(sockets) && Number(sockets) > 0 ? Number(sockets) : 1,
    },
  ];
}

const isName = (given: unknown): given is string =>
  typeof given === 'string' && given !== '' && given.length <= MAX_NAME;

/** What a Date can hold. */
const isTime = (given: unknown): given is number =>
  Math.abs(Number(given)) <= 8.64e15 && typeof given === 'number';

/**
 * When a lease ends. It begins with the snapshot, so that one that is delivered late or twice lives no
 * longer; and never later than now, so that a room whose clock is ahead leaves no ghosts.
 */
export function leaseEnd(at: number, leaseMs: unknown, now: number): number {
  const given = isTime(leaseMs) ? leaseMs : 0;
  return Math.min(at, now) + Math.max(0, Math.min(given, LONGEST_LEASE_MS));
}

/** Whether a snapshot is to be kept in place of the one that is known of its room. */
export function replaces(next: Kept, known: Pick<Kept, 'until'> & { at: number }, now: number) {
  if (next.until <= now) return false;
  return known.until <= now || next.snapshot.at >= known.at;
}

/** What the filter asks for. With a user, only that user is among the people. */
export function select(
  snapshots: Iterable<PresenceSnapshot>,
  filter: { room?: unknown; user?: unknown },
): PresenceSnapshot[] {
  const { room, user } = filter;
  const found: PresenceSnapshot[] = [];
  for (const snapshot of snapshots) {
    if (room !== undefined && snapshot.room !== room) continue;
    const people =
      user === undefined ? snapshot.people : snapshot.people.filter((each) => each.user === user);
    if (people.length > 0) found.push({ ...snapshot, people });
  }
  return found;
}
