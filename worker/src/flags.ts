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
import { type FittingFlags, fittingFlags } from './context-headers.ts';
import { flagsOfDatabase } from './d1/flags.ts';
import { background, openly, parseJson, read } from './kv.ts';
import { REFRESH_MS } from './limits.ts';
import { refuse } from './refuse.ts';

/** The document as it was last read, and when it was last taken to hold. */
let document: FlagDocument = {};
let timers: FlagTimers = {};
let heldAt = 0;
/** When KV is to be asked again, behind a request. */
let lookAgainAt = 0;
/** The flags of everybody and their header, where they are the same for all; undefined where they are not. */
let common: { flags: Record<string, boolean>; header: FittingFlags } | undefined;

/** Sees to it that the flags are in memory; a promise only where the request has to wait for that. */
export function loadFlags(call: Call): Promise<unknown> | undefined {
  const isStale = call.now - heldAt >= FLAGS_CACHE_TTL * 1000;
  if (!isStale && call.now < lookAgainAt) return;
  lookAgainAt = call.now + REFRESH_MS;
  const reading = readFlags(call);
  if (!isStale) return background(call, reading);
  // Where KV gives nothing in time, what was last known, or else the defaults, hold until it does.
  call.flagsLoading = openly(call, reading).then(() => {
    heldAt = call.now;
  });
  return call.flagsLoading;
}

async function readFlags(call: Call): Promise<void> {
  const { value, metadata } = await read(call, FLAGS_KEY);
  const projection = value ? undefined : await flagsOfDatabase(call);
  document = projection?.document ?? fieldsOf(parseJson(value));
  timers = timersOf(projection?.metadata ?? metadata);
  common = undefined;
  heldAt = call.now;
}

/** Every flag for this caller: by user once the session is known, by address before and without. */
export function callersFlags(call: Call): Record<string, boolean> {
  return commonFlags(call)?.flags ?? evaluate(call);
}

/** The same as the value of a header, as many as fit. */
export function flagsHeader(call: Call): FittingFlags {
  return commonFlags(call)?.header ?? fittingFlags(evaluate(call));
}

function evaluate(call: Call): Record<string, boolean> {
  return evaluateFlags(document, timers, call.session?.user_id ?? call.ip, call.now);
}

/** Evaluated once per document, where neither the caller nor the time makes a difference. */
function commonFlags(call: Call): typeof common {
  if (common || Object.keys(timers).length > 0) return common;
  if (Object.values(document).some((value) => typeof value === 'number')) return;
  const flags = evaluate(call);
  common = { flags, header: fittingFlags(flags) };
  return common;
}

export function killSwitch(call: Call): Answer {
  if (callersFlags(call).api_enabled) return;
  return refuse(call, 503, 'api_disabled', 'the API is switched off', { 'Retry-After': '30' });
}
