/** A place where something about a user is kept. Each is one entry in the list of places. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import type { Column } from '../../output/columns.ts';
import type { Step } from '../../plan/step.ts';

/** Something held about a user. Never a secret, and nothing that was said. */
export interface Held {
  place: string;
  /** Which of several: a session's handle. */
  item: string | null;
  records: number;
}

export const HELD_COLUMNS: readonly Column<Held>[] = [
  { name: 'place', kind: 'text', role: 'identifier' },
  { name: 'item', kind: 'text', role: 'identifier' },
  { name: 'records', kind: 'number' },
];

/** What a store holds about one user. */
export interface Holding {
  held: readonly Held[];
  /** Everything by place, without secrets. */
  export(): Promise<Readonly<Record<string, unknown>>>;
  /** Erases it. Doing it again is harmless, so that a second run finishes what a killed one left. */
  forget(): Step<Held>;
}

export interface Place {
  /** Looks for everything about a user; null where the store is not bound. */
  find(context: Context, user: string): Promise<Holding | null>;
}

/** A D1 database, or null where none is bound. */
export async function boundDatabase(context: Context) {
  try {
    return await context.database();
  } catch (error) {
    if (error instanceof GoblinError && error.code === 'no_database') return null;
    throw error;
  }
}
