import type { Verbs } from '../command.ts';
import { ANALYTICS, EVENTS, type EventKind, SECURITY } from './kinds.ts';

/** The verbs of a noun whose records are events. */
const verbsOf = (kind: EventKind): Verbs => ({
  list: async () => (await import('./list.ts')).listVerb(kind),
  tail: async () => (await import('./tail.ts')).tailVerb(kind),
  top: async () => (await import('./top.ts')).topVerb(kind),
  stats: async () => (await import('./stats.ts')).statsVerb(kind),
});

export const ANALYTICS_VERBS = verbsOf(ANALYTICS);
export const SECURITY_VERBS = verbsOf(SECURITY);
export const EVENTS_VERBS = verbsOf(EVENTS);
