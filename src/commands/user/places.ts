/** Where goblin keeps something about users, in the order in which it is forgotten: first what lets them in. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { inD1 } from './in-d1.ts';
import { inKv } from './in-kv.ts';
import { inRooms } from './in-rooms.ts';
import type { Holding, Place } from './place.ts';

/** A new store of something about users is one line here. */
const PLACES: readonly Place[] = [inKv, inRooms, inD1];

/** What every store that is bound holds about a user. */
export async function findUser(context: Context, user: string): Promise<Holding[]> {
  const found: Holding[] = [];
  for (const place of PLACES) {
    const holding = await place.find(context, user);
    if (holding) found.push(holding);
  }
  return found;
}

export function nothingHeld(user: string): GoblinError {
  return new GoblinError('notFound', 'no_such_user', `nothing is held about ${user}`);
}
