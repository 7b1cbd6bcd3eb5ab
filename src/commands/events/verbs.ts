import type { Declare } from '../command.ts';
import type { EventKind } from './kinds.ts';
import { listVerb } from './list.ts';
import { statsVerb } from './stats.ts';
import { tailVerb } from './tail.ts';
import { topVerb } from './top.ts';

export { ANALYTICS, EVENTS, SECURITY } from './kinds.ts';

/** The verbs of a noun whose records are events. */
export function eventVerbs(kind: EventKind): Declare[] {
  return [listVerb(kind), tailVerb(kind), topVerb(kind), statsVerb(kind)];
}
