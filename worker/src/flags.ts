/** Feature flags, and the kill switch among them. */
import {
  evaluateFlags,
  type FlagDocument,
  type FlagTimers,
  timersOf,
} from '../../src/shards/flag-value.ts';
import { FLAGS_CACHE_TTL, FLAGS_KEY } from '../../src/shards/flags.ts';
import { fieldsOf } from '../../src/shards/summary.ts';
import type { Answer, Call } from './call.ts';
import { background, openly, parseJson, read } from './kv.ts';
import { refuse } from './refuse.ts';

export interface FlagMemory {
  document: FlagDocument;
  timers: FlagTimers;
  /** When KV was last asked. */
  askedAt: number;
  /** When `document` was last taken to hold; 0 before the first time. */
  heldAt: number;
}

/** Milliseconds after which the flags are asked for again, behind the request. */
const REFRESH_MS = 2000;

/** Sees to it that the flags are in memory; a promise only where the request has to wait for that. */
export function loadFlags(call: Call): Promise<unknown> | undefined {
  const { now, memory } = call;
  const { flags } = memory;
  const isStale = now - flags.heldAt >= FLAGS_CACHE_TTL * 1000;
  if (!isStale && now - flags.askedAt < REFRESH_MS) return;
  flags.askedAt = now;
  const reading = readFlags(call);
  if (!isStale) return background(call, reading);
  // Where KV gives nothing in time, what was last known, or else the defaults, hold until it does.
  return openly(call, reading).then(() => {
    flags.heldAt = now;
  });
}

async function readFlags(call: Call): Promise<void> {
  const { value, metadata } = await read(call, FLAGS_KEY);
  const { flags } = call.memory;
  flags.document = fieldsOf(parseJson(value));
  flags.timers = timersOf(metadata);
  flags.heldAt = call.now;
}

/** Every flag for this caller: by user where the session is known, by address elsewhere. */
export function callersFlags({ memory, session, ip, now }: Call): Record<string, boolean> {
  const { document, timers } = memory.flags;
  return evaluateFlags(document, timers, session?.user_id ?? ip, now);
}

export function killSwitch(call: Call): Answer {
  if (callersFlags(call).api_enabled) return;
  return refuse(call, 503, 'api_disabled', 'The API is switched off.', { 'Retry-After': '30' });
}
