/** Who is in the rooms, looked at again and again: the directory pushes nothing. */
import { GoblinError } from '../contract/errors.ts';
import type { AdminClient } from './admin.ts';
import { backoff } from './backoff.ts';
import { listPresence, type Present } from './live.ts';

export interface PresenceWatchOptions {
  admin: AdminClient;
  room?: string | undefined;
  user?: string | undefined;
  /** Milliseconds between two looks. */
  every: number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  random(): number;
  /** Ends the looks without an error. */
  signal: AbortSignal;
}

/** What a look has found: those who are there, or why nobody knows. */
export type PresenceLook = { people: Present[] } | { lost: string };

/**
 * Looks until the signal ends them.
 * @throws {GoblinError} what the admin plane refuses, and any failure of the first look
 */
export async function* watchPresence(options: PresenceWatchOptions): AsyncGenerator<PresenceLook> {
  const { admin, room, user, every, sleep, random, signal } = options;
  let failures = 0;
  for (let looks = 0; !signal.aborted; looks++) {
    try {
      yield { people: await listPresence(admin, { room, user }) };
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof GoblinError) || !error.retryable || looks === 0) throw error;
      yield { lost: error.message };
      failures++;
    }
    await sleep(failures === 0 ? every : Math.max(every, backoff(failures - 1, random)), signal);
  }
}

export interface PresenceEvent extends Partial<Present> {
  /** `here` is who was there at the first look; `lost` is about the connection. */
  event: 'here' | 'joined' | 'left' | 'lost';
  /** When it was seen, milliseconds since 1970. */
  at: number;
  text?: string;
}

/** What has changed from look to look. Somebody in two rooms is there twice. */
export function presenceEvents(now: () => number) {
  let before: Map<string, Present> | undefined;
  let isLost = false;

  return function* (look: PresenceLook): Generator<PresenceEvent> {
    const at = now();
    if ('lost' in look) {
      if (!isLost) yield { event: 'lost', at, text: look.lost };
      isLost = true;
      return;
    }
    isLost = false;
    const people = new Map(look.people.map((each) => [`${each.room}/${each.user_id}`, each]));
    const arrived = before === undefined ? 'here' : 'joined';
    for (const [id, each] of people) if (!before?.has(id)) yield { event: arrived, at, ...each };
    for (const [id, each] of before ?? [])
      if (!people.has(id)) yield { event: 'left', at, ...each };
    before = people;
  };
}
