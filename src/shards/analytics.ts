import { type EventId, eventKey } from './event-key.ts';
import type { Decoded, Encoded, KeyCodec, Shard } from './shard.ts';
import { spelled, storedNumber, storedText } from './spelling.ts';
import { asMetadata, expiresAt, fieldsOf } from './summary.ts';

/** Seconds that an analytics event is kept. */
export const ANALYTICS_TTL = 86_400;

/** What happened to a request that was let through; `backend_error`: the backend failed or broke off. */
export const ANALYTICS_EVENT_TYPES = [
  'request',
  'chat',
  'cache_hit',
  'cache_miss',
  'flags',
  'session_created',
  'session_ended',
  'backend_error',
] as const;
export type AnalyticsEventType = (typeof ANALYTICS_EVENT_TYPES)[number];

/** The fields of a value beside the time and address in its key. */
export interface AnalyticsFields {
  method: string | null;
  path: string | null;
  event_type: string;
  duration_ms: number | null;
}

/** An analytics event as a list shows it; times in milliseconds since 1970. */
export interface AnalyticsRow extends AnalyticsFields {
  timestamp: number;
  ip: string;
  expires_at: number | null;
}

export const ANALYTICS_PREFIX = 'analytics:';

/** `analytics:{timestamp}:{ip}`. */
export const analyticsKey: KeyCodec<EventId> = /* @__PURE__ */ eventKey(ANALYTICS_PREFIX);

/** The value repeats time and address of the key; the metadata has the fields alone. */
export function encodeAnalytics(
  { timestamp, ip }: EventId,
  { method, path, event_type, duration_ms }: AnalyticsFields,
): Encoded {
  const fields = { method, path, event_type, duration_ms };
  return { value: JSON.stringify({ timestamp, ip, ...fields }), metadata: asMetadata(fields) };
}

/** Reads the fields of an event; those that are malformed or missing are null. */
export function decodeAnalytics(stored: unknown): Decoded<AnalyticsFields> {
  const fields = fieldsOf(stored);
  const event_type = storedText(spelled(fields, 'event_type', 'event', 'status'));
  if (event_type === null) return { value: null, problem: 'it has no event_type' };
  const method = storedText(fields.method);
  const path = storedText(fields.path);
  const duration_ms = storedNumber(spelled(fields, 'duration_ms', 'response_time'));
  return { value: { method, path, event_type, duration_ms } };
}

export const analytics: Shard<EventId, AnalyticsFields, AnalyticsRow> = {
  name: 'analytics',
  title: 'analytics event',
  pattern: 'analytics:{timestamp}:{ip}',
  prefix: ANALYTICS_PREFIX,
  ttl: ANALYTICS_TTL,
  key: analyticsKey,
  format: 'json',
  decode: decodeAnalytics,
  encode: encodeAnalytics,
  fromValue: ({ timestamp, ip }, fields, { expiration }) => ({
    timestamp,
    ip,
    ...fields,
    expires_at: expiresAt(expiration),
  }),
  fromListing(id, key) {
    const { method, path, event_type, duration_ms } = fieldsOf(key.metadata);
    if (typeof event_type !== 'string') return null;
    if (typeof method !== 'string' || typeof path !== 'string') return null;
    const duration = typeof duration_ms === 'number' ? duration_ms : null;
    return analytics.fromValue(id, { method, path, event_type, duration_ms: duration }, key);
  },
  fromKey: ({ timestamp, ip }, { expiration }) => ({
    timestamp,
    ip,
    expires_at: expiresAt(expiration),
  }),
  example: {
    id: { timestamp: 1767222000123, ip: '203.0.113.9' },
    value: { method: 'GET', path: '/models', event_type: 'cache_hit', duration_ms: 2 },
  },
};
