/** What is written about requests once they are answered. */
import { ANALYTICS_PREFIX, ANALYTICS_TTL } from '../../src/shards/analytics.ts';
import { SECURITY_PREFIX, SECURITY_TTL } from '../../src/shards/security.ts';
import type { Call } from './call.ts';
import { background, write } from './kv.ts';
import {
  BACKEND_ERRORS_PER_MINUTE,
  EVENT_PATH_LENGTH,
  ONE_MINUTE,
  REPORTS_PER_MINUTE,
} from './limits.ts';
import { maskPath } from './mask-path.ts';
import { isDue } from './memory.ts';
import { variables } from './variables.ts';

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
  add(call, ANALYTICS_PREFIX, fields, ANALYTICS_TTL);
}

function isSampled({ env }: Call): boolean {
  return Math.random() < (variables(env).ANALYTICS_SAMPLE ?? 1);
}

/** Some failures of the backend are recorded whatever the sample. */
function isFailure(call: Call): boolean {
  const { event } = call;
  return event === 'backend_error' && isDue(call, event, ONE_MINUTE, BACKEND_ERRORS_PER_MINUTE);
}

/** Writes a security event: one per address, kind and minute, and so many a minute in all. */
export function report(call: Call, event_type: string, reason: string): void {
  const isNews = isDue(call, event_type + call.ip, ONE_MINUTE);
  if (isNews && isDue(call, 'report', ONE_MINUTE, REPORTS_PER_MINUTE)) {
    add(call, SECURITY_PREFIX, { event_type, reason }, SECURITY_TTL);
  }
}

function add(call: Call, prefix: string, fields: object, expirationTtl: number): void {
  const { now: timestamp, ip } = call;
  let key = `${prefix}${timestamp}:${ip}`;
  // Not the first of its address in this millisecond.
  if (!isDue(call, key, 1)) key += `~${Math.random().toString(36).slice(2, 9)}`;
  const value = JSON.stringify({ timestamp, ip, ...fields });
  background(call, write(call, key, value, fields, expirationTtl));
}
