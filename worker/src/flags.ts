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
import { REFRESH_MS } from './limits.ts';
import { timesPerInterval } from './memory.ts';
import { refuse } from './refuse.ts';

/** The document as it was last read, and when it was last taken to hold. */
let document: FlagDocument = {};
let timers: FlagTimers = {};
let heldAt = 0;
/** Whether they are to be asked for again. */
const isDue = timesPerInterval(1, REFRESH_MS);

/** Sees to it that the flags are in memory; a promise only where the request has to wait for that. */
export function loadFlags(call: Call): Promise<unknown> | undefined {
  const isStale = call.now - heldAt >= FLAGS_CACHE_TTL * 1000;
  if (!isStale && !isDue(call.now)) return;
  const reading = readFlags(call);
  if (!isStale) return background(call, reading);
  // Where KV gives nothing in time, what was last known, or else the defaults, hold until it does.
  return openly(call, reading).then(() => {
    heldAt = call.now;
  });
}

async function readFlags(call: Call): Promise<void> {
  const { value, metadata } = await read(call, FLAGS_KEY);
  document = fieldsOf(parseJson(value));
  timers = timersOf(metadata);
  heldAt = call.now;
}

/** Every flag for this caller: by user once the session is known, by address before and without. */
export function callersFlags(call: Call): Record<string, boolean> {
  return evaluateFlags(document, timers, call.session?.user_id ?? call.ip, call.now);
}

export function killSwitch(call: Call): Answer {
  if (callersFlags(call).api_enabled) return;
  return refuse(call, 503, 'api_disabled', 'API off.', { 'Retry-After': '30' });
}
