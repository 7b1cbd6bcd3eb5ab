/** What chat rooms hold about a user: messages, fields of documents, and traces of clients, tickets and kicks. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import type { AdminClient } from '../../edge/admin.ts';
import { exportRoom } from '../../edge/live.ts';
import { forgetInRooms, roomsOfUser } from '../../edge/users.ts';
import type { UserRoom } from '../../live/admin.ts';
import type { Step } from '../../plan/step.ts';
import { USER_ID } from '../../shards/session-token.ts';
import { fieldsOf } from '../../shards/summary.ts';
import { openAdmin } from '../rooms/admin.ts';
import type { Held, Holding, Place } from './place.ts';

export const inRooms: Place = { find };

async function find(context: Context, user: string): Promise<Holding | null> {
  // Rooms know nobody by another name.
  if (!USER_ID.test(user)) return null;
  const reached = await reach(context, user);
  if (reached === null) return null;
  const { admin, rooms } = reached;
  const held = rooms.map(heldIn);
  return {
    held,
    export: async () => ({ rooms: await exportAll(admin, rooms, user) }),
    forget: () => forgetAll(admin, held, user),
  };
}

/** Null where there are no rooms, or none that this run may ask. */
async function reach(
  context: Context,
  user: string,
): Promise<{ admin: AdminClient; rooms: UserRoom[] } | null> {
  try {
    const admin = await openAdmin(context);
    const { rooms, failed } = await roomsOfUser(admin, user);
    if (failed.length > 0) throw silent(failed);
    return { admin, rooms };
  } catch (error) {
    if (!(error instanceof GoblinError) || error.retryable || error.outcome === 'interrupted') {
      throw error;
    }
    if (error.code === 'no_edge' || error.code === 'no_live_worker') return null;
    await context.log.warn(`rooms are left out, for they cannot be asked: ${error.message}`);
    return null;
  }
}

/** Rooms that a message names one by one. */
const MOST_NAMED = 5;

function silent(rooms: readonly string[]): GoblinError {
  const names = rooms.slice(0, MOST_NAMED).join(', ');
  const more = rooms.length > MOST_NAMED ? `, and ${rooms.length - MOST_NAMED} more` : '';
  return new GoblinError('failed', 'rooms_silent', `rooms do not answer: ${names}${more}`, {
    hint: 'Nothing was changed. Try again.',
    retryable: true,
  });
}

function heldIn({ room, messages, fields, traces, sockets }: UserRoom): Held {
  return { place: 'rooms', item: room, records: messages + fields + traces + sockets };
}

async function exportAll(admin: AdminClient, rooms: readonly UserRoom[], user: string) {
  const found: object[] = [];
  for (const { room } of rooms) {
    const { messages, fields } = await exportRoom(admin, room);
    found.push({ room, messages: ofUser(messages, user), fields: ofUser(fields, user) });
  }
  return found;
}

function ofUser(rows: unknown, user: string): unknown[] {
  return Array.isArray(rows) ? rows.filter((row) => fieldsOf(row).user === user) : [];
}

/** All rooms are asked, those too that came to know the user after the plan was made. */
function forgetAll(admin: AdminClient, held: readonly Held[], user: string): Step<Held> {
  const changes = held.map((row) => ({ id: String(row.item), row }));
  return {
    changes,
    cost: held.length === 0 ? {} : { 'edge.requests': 1 },
    async apply() {
      const failed = new Set(await forgetInRooms(admin, user));
      const outcomes = changes.map(({ id }) => [id, failed.has(id) ? 'failed' : 'done'] as const);
      return { outcomes: new Map(outcomes), stopped: null };
    },
  };
}
