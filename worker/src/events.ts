/** What is written about requests once they are answered. */
import { ANALYTICS_PREFIX, ANALYTICS_TTL, encodeAnalytics } from '../../src/shards/analytics.ts';
import { type EventId, formatEventKey } from '../../src/shards/event-key.ts';
import { encodeSecurity, SECURITY_PREFIX, SECURITY_TTL } from '../../src/shards/security.ts';
import type { Encoded } from '../../src/shards/shard.ts';
import type { WriteKind } from './budget.ts';
import type { Call } from './call.ts';
import { countDropped } from './dropped.ts';
import { background, write } from './kv.ts';
import {
  BACKEND_ERRORS_PER_MINUTE,
  EVENT_PATH_LENGTH,
  MAX_EVENT_KEYS,
  MAX_REPORTED,
  ONE_MINUTE,
  REPORTS_PER_MINUTE,
} from './limits.ts';
import { maskPath } from './mask-path.ts';
import { oncePerName, remember, timesPerInterval } from './memory.ts';
import { callersClient } from './rate-limit.ts';
import { affordableSample } from './sampling.ts';
import { variables } from './variables.ts';

/** By client and kind of event. The others are apart: a million addresses cannot push them out. */
const isNews = oncePerName(ONE_MINUTE, MAX_REPORTED);
const mayReport = timesPerInterval(REPORTS_PER_MINUTE, ONE_MINUTE);
const mayReportFailure = timesPerInterval(BACKEND_ERRORS_PER_MINUTE, ONE_MINUTE);

/** Keys that were given to events lately. */
const taken = new Map<string, true>();

/** Writes the analytics event of a request that was let through, if it is in the sample. */
export function record(call: Call): void {
  const event_type = call.event;
  if (!event_type || !(isSampled(call) || isFailure(call))) return;
  const fields = {
    method: call.method,
    path: maskPath(call.path, call.bearer).slice(0, EVENT_PATH_LENGTH),
    event_type,
    duration_ms: Date.now() - call.now,
  };
  const encode = (id: EventId) => encodeAnalytics(id, fields);
  background(call, add(call, 'analytics', ANALYTICS_PREFIX, encode, ANALYTICS_TTL));
}

function isSampled({ env, now }: Call): boolean {
  const { ANALYTICS_SAMPLE, KV_WRITES_PER_DAY } = variables(env);
  return Math.random() < (ANALYTICS_SAMPLE ?? affordableSample(KV_WRITES_PER_DAY, now));
}

/** Some failures of the backend are recorded whatever the sample. */
function isFailure({ event, now }: Call): boolean {
  return event === 'backend_error' && mayReportFailure(now);
}

/** Writes a security event: one per client, kind and minute, and so many a minute in all. */
export function report(call: Call, event_type: string, reason: string): void {
  if (!isNews(event_type + callersClient(call), call.now)) return;
  if (!mayReport(call.now)) {
    countDropped('security', 'minute');
    return;
  }
  const encode = (id: EventId) => encodeSecurity(id, { event_type, reason });
  background(call, add(call, 'security', SECURITY_PREFIX, encode, SECURITY_TTL));
}

async function add(
  call: Call,
  kind: WriteKind,
  prefix: string,
  encode: (id: EventId) => Encoded,
  expirationTtl: number,
): Promise<void> {
  const id = { timestamp: call.now, ip: call.ip };
  let key = formatEventKey(prefix, id);
  // Not the first of its address in this millisecond.
  if (taken.has(key)) {
    key = formatEventKey(prefix, { ...id, suffix: Math.random().toString(36).slice(2, 9) });
  }
  remember(taken, key, true, MAX_EVENT_KEYS);
  const { value, metadata } = encode(id);
  await write(call, kind, key, value, metadata, expirationTtl);
}
