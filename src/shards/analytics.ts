import { type EventId, eventKey } from './event-key.ts';
import type { Column, Decoded, KeyCodec, Shard } from './shard.ts';
import { spelled, storedNumber, storedText } from './spelling.ts';
import { expiresAt, fieldsOf } from './summary.ts';

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

/** What a value says beside its key's time and address. */
export interface AnalyticsFields {
  method: string | null;
  path: string | null;
  event_type: string;
  duration_ms: number | null;
}

/** An analytics event as it is stored. */
export interface AnalyticsEvent extends AnalyticsFields {
  /** Milliseconds since 1970. */
  timestamp: number;
  ip: string;
}

export const ANALYTICS_PREFIX = 'analytics:';

/** `analytics:{timestamp}:{ip}`. */
export const analyticsKey: KeyCodec<EventId> = /* @__PURE__ */ eventKey(ANALYTICS_PREFIX);

export function analyticsSummary({ method, path, event_type, duration_ms }: AnalyticsFields) {
  return { method, path, event_type, duration_ms };
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

const columns: readonly Column[] = [
  { name: 'timestamp', kind: 'time' },
  { name: 'ip', kind: 'text' },
  { name: 'method', kind: 'text' },
  { name: 'path', kind: 'text' },
  { name: 'event_type', kind: 'text' },
  { name: 'duration_ms', kind: 'ms' },
  { name: 'expires_at', kind: 'time', machineOnly: true },
];

export const analytics: Shard<EventId, AnalyticsFields> = {
  name: 'analytics',
  title: 'analytics event',
  pattern: 'analytics:{timestamp}:{ip}',
  prefix: ANALYTICS_PREFIX,
  ttl: ANALYTICS_TTL,
  key: analyticsKey,
  format: 'json',
  decode: decodeAnalytics,
  summary: analyticsSummary,
  columns,
  fromListing(id, listing) {
    const { method, path, event_type, duration_ms } = fieldsOf(listing.metadata);
    if (typeof event_type !== 'string') return null;
    if (typeof method !== 'string' || typeof path !== 'string') return null;
    const duration = typeof duration_ms === 'number' ? duration_ms : null;
    return analytics.fromValue(id, { method, path, event_type, duration_ms: duration }, listing);
  },
  fromValue: ({ timestamp, ip }, fields, { expiration }) => ({
    timestamp,
    ip,
    ...fields,
    expires_at: expiresAt(expiration),
  }),
  example: {
    id: { timestamp: 1767222000123, ip: '203.0.113.9' },
    value: { method: 'GET', path: '/models', event_type: 'cache_hit', duration_ms: 2 },
  },
};
