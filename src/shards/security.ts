import { type EventId, eventKey } from './event-key.ts';
import type { Column, Decoded, KeyCodec, Shard } from './shard.ts';
import { spelled, storedText } from './spelling.ts';
import { expiresAt, fieldsOf } from './summary.ts';

/** Seconds that a security event is kept. */
export const SECURITY_TTL = 604_800;

/** What was blocked; `limiter_unavailable`: the edge counted by itself, for the rate limiter did not answer. */
export const SECURITY_EVENT_TYPES = [
  'rate_limited',
  'session_invalid',
  'session_expired',
  'body_too_large',
  'admin_denied',
  'bad_request',
  'limiter_unavailable',
] as const;
export type SecurityEventType = (typeof SECURITY_EVENT_TYPES)[number];

/** What a value says beside its key's time and address. */
export interface SecurityFields {
  event_type: string;
  reason: string | null;
}

/** A security event as it is stored. */
export interface SecurityEvent extends SecurityFields {
  /** Milliseconds since 1970. */
  timestamp: number;
  ip: string;
}

export const SECURITY_PREFIX = 'security:';

/** `security:{timestamp}:{ip}`. */
export const securityKey: KeyCodec<EventId> = /* @__PURE__ */ eventKey(SECURITY_PREFIX);

export function securitySummary({ event_type, reason }: SecurityFields) {
  return { event_type, reason };
}

/** Reads the fields of an event; a reason that is malformed or missing is null. */
export function decodeSecurity(stored: unknown): Decoded<SecurityFields> {
  const fields = fieldsOf(stored);
  const event_type = storedText(spelled(fields, 'event_type', 'event', 'status'));
  if (event_type === null) return { value: null, problem: 'it has no event_type' };
  return { value: { event_type, reason: storedText(fields.reason) } };
}

const columns: readonly Column[] = [
  { name: 'timestamp', kind: 'time' },
  { name: 'ip', kind: 'text' },
  { name: 'event_type', kind: 'text' },
  { name: 'reason', kind: 'text' },
  { name: 'expires_at', kind: 'time', machineOnly: true },
];

export const security: Shard<EventId, SecurityFields> = {
  name: 'security',
  title: 'security event',
  pattern: 'security:{timestamp}:{ip}',
  prefix: SECURITY_PREFIX,
  ttl: SECURITY_TTL,
  key: securityKey,
  format: 'json',
  decode: decodeSecurity,
  summary: securitySummary,
  columns,
  fromListing(id, listing) {
    const { event_type, reason } = fieldsOf(listing.metadata);
    if (typeof event_type !== 'string') return null;
    const text = typeof reason === 'string' ? reason : null;
    return security.fromValue(id, { event_type, reason: text }, listing);
  },
  fromValue: ({ timestamp, ip }, fields, { expiration }) => ({
    timestamp,
    ip,
    ...fields,
    expires_at: expiresAt(expiration),
  }),
  example: {
    id: { timestamp: 1767222000123, ip: '2001:db8::1' },
    value: { event_type: 'rate_limited', reason: '100 requests in 60 s' },
  },
};
