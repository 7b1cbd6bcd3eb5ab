/** What the commands of the live memory have in common: their client and their arguments. */

import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { type AdminClient, adminClient } from '../../edge/admin.ts';
import { roomName } from '../../live/room-name.ts';
import { USER_ID } from '../../shards/session-token.ts';
import { clip } from '../../shards/summary.ts';

/** The admin plane of this run's edge. @throws {GoblinError} `no_edge` where its address is unknown */
export async function openAdmin(context: Context): Promise<AdminClient> {
  const { usage, sleep, random, signal } = context;
  return adminClient({ edge: await context.edge(), usage, sleep, random, signal });
}

/** How much of a wrong argument an error repeats. */
const SHOWN = 60;

/** A room by its name, in the spelling under which it is found. */
export function parseRoom(text: string): string {
  const name = roomName(text);
  if (name !== undefined) return name;
  throw usageError(
    'bad_room',
    `"${clip(text, SHOWN)}" is not a valid room name`,
    'A name has 1 to 100 characters, without slashes, controls, or blanks around it.',
  );
}

export function parseUser(text: string): string {
  if (USER_ID.test(text)) return text;
  const message = `"${clip(text, SHOWN)}" is not a valid user id`;
  throw usageError('bad_user', message, 'A user id has 1 to 100 characters.');
}
