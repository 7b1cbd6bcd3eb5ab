import { type EventId, eventKey } from './event-key.ts';
import type { Decoded, Encoded, KeyCodec, Shard } from './shard.ts';
import { spelled, storedText } from './spelling.ts';
import { asMetadata, expiresAt, fieldsOf } from './summary.ts';

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

/** The fields of a value beside the time and address in its key. */
export interface SecurityFields {
  event_type: string;
  reason: string | null;
}

/** A security event as a list shows it; times in milliseconds since 1970. */
export interface SecurityRow extends SecurityFields {
  timestamp: number;
  ip: string;
  expires_at: number | null;
}

export const SECURITY_PREFIX = 'security:';

/** `security:{timestamp}:{ip}`. */
export const securityKey: KeyCodec<EventId> = /* @__PURE__ */ eventKey(SECURITY_PREFIX);

/** The value repeats time and address of the key; the metadata has the fields alone. */
export function encodeSecurity(
  { timestamp, ip }: EventId,
  { event_type, reason }: SecurityFields,
): Encoded {
  const fields = { event_type, reason };
  return { value: JSON.stringify({ timestamp, ip, ...fields }), metadata: asMetadata(fields) };
}

/** Reads the fields of an event; a reason that is malformed or missing is null. */
export function decodeSecurity(stored: unknown): Decoded<SecurityFields> {
  const fields = fieldsOf(stored);
  const event_type = storedText(spelled(fields, 'event_type', 'event', 'status'));
  if (event_type === null) return { value: null, problem: 'it has no event_type' };
  return { value: { event_type, reason: storedText(fields.reason) } };
}

export const security: Shard<EventId, SecurityFields, SecurityRow> = {
  name: 'security',
  title: 'security event',
  pattern: 'security:{timestamp}:{ip}',
  prefix: SECURITY_PREFIX,
  ttl: SECURITY_TTL,
  key: securityKey,
  format: 'json',
  decode: decodeSecurity,
  encode: encodeSecurity,
  fromValue: ({ timestamp, ip }, fields, { expiration }) => ({
    timestamp,
    ip,
    ...fields,
    expires_at: expiresAt(expiration),
  }),
  fromListing(id, key) {
    const { event_type, reason } = fieldsOf(key.metadata);
    if (typeof event_type !== 'string') return null;
    const text = typeof reason === 'string' ? reason : null;
    return security.fromValue(id, { event_type, reason: text }, key);
  },
  fromKey: ({ timestamp, ip }, { expiration }) => ({
    timestamp,
    ip,
    expires_at: expiresAt(expiration),
  }),
  example: {
    id: { timestamp: 1767222000123, ip: '2001:db8::1' },
    value: { event_type: 'rate_limited', reason: '100 requests in 60 s' },
  },
};
