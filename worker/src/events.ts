/** What is written about requests once they are answered. */
import { ANALYTICS_PREFIX, ANALYTICS_TTL } from '../../src/shards/analytics.ts';
import { eventKeyText } from '../../src/shards/event-key.ts';
import {
  SECURITY_PREFIX,
  SECURITY_TTL,
  type SecurityEventType,
} from '../../src/shards/security.ts';
import { clip } from '../../src/shards/summary.ts';
import type { Call } from './call.ts';
import { setting } from './env.ts';
import { background, write } from './kv.ts';
import { isAllowed, isDue } from './memory.ts';

/** Longest part of a path in an event; with it the summary stays within KV's 1,024 bytes of metadata. */
const PATH_LENGTH = 256;
const ONE_MINUTE = 60_000;
/** Security events that an isolate writes in a minute, whatever the number of addresses. */
const REPORTS_PER_MINUTE = 100;

/** Writes the analytics event of a request that was let through, if it is in the sample. */
export function record(call: Call): void {
  const { event: event_type, env, method, path, now } = call;
  if (event_type === null || Math.random() >= setting(env.ANALYTICS_SAMPLE, 1)) return;
  const duration_ms = Date.now() - now;
  const fields = { method, path: clip(path, PATH_LENGTH), event_type, duration_ms };
  add(call, ANALYTICS_PREFIX, fields, ANALYTICS_TTL);
}

/** Writes a security event: one per address, kind and minute, and so many a minute in all. */
export function report(call: Call, event_type: SecurityEventType, reason: string): void {
  const { memory, ip, now } = call;
  if (!isDue(memory, event_type + ip, now, ONE_MINUTE)) return;
  if (!isAllowed(memory, 'report', now, REPORTS_PER_MINUTE)) return;
  add(call, SECURITY_PREFIX, { event_type, reason }, SECURITY_TTL);
}

function add(call: Call, prefix: string, fields: object, expirationTtl: number): void {
  const id = { timestamp: call.now, ip: call.ip };
  const key = eventKeyText(prefix, id);
  // Not the first of its address in this millisecond.
  const suffix = isDue(call.memory, key, call.now, 1)
    ? ''
    : `~${Math.random().toString(36).slice(2, 10)}`;
  const value = JSON.stringify({ ...id, ...fields });
  background(call, write(call, key + suffix, value, fields, { expirationTtl }));
}
