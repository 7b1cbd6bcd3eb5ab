/** The nouns whose records are events: one shard each, and both together. */
import type { EventRow, EventShard } from '../../kv/ranges/events.ts';
import type { Column, Tone } from '../../output/columns.ts';
import type { Format } from '../../output/format.ts';
import { ANALYTICS_EVENT_TYPES, analytics } from '../../shards/analytics.ts';
import { SECURITY_EVENT_TYPES, security } from '../../shards/security.ts';

/** An event in a list. */
export interface ListedEvent extends EventRow {
  shard: string;
  /** Reason or request, for a table without room for all columns. */
  detail: string | null;
}

/** Types of first-generation Workers, which also wrote the status of a response as the type. */
const OLD_TYPES: ReadonlySet<string> = new Set(['success', 'error', 'request_complete', 'blocked']);

/** Whether a Worker of the first generation may have written this type. */
export const isOldType = (word: string): boolean => OLD_TYPES.has(word) || /^\d{3}$/.test(word);

export interface EventKind {
  /** The word on the command line. */
  noun: string;
  /** `['security event', 'security events']`. */
  words: readonly [one: string, many: string];
  shards: readonly EventShard[];
  columns: readonly Column<ListedEvent>[];
  /** What a table shows instead: fewer, and the most important ones first. */
  tableColumns?: readonly Column<ListedEvent>[];
  /** What today's Worker writes as `event_type`. */
  types: readonly string[];
  /** Whether its records describe a request: method and path. */
  hasRequests: boolean;
}

/** The types that need no attention, and those that only need care. Any other blocked or failed request is bad. */
const CARE: ReadonlySet<string> = new Set([
  'rate_limited',
  'session_expired',
  'body_too_large',
  'bad_request',
]);
const HARMLESS: ReadonlySet<string> = new Set(
  ANALYTICS_EVENT_TYPES.filter((type) => type !== 'backend_error'),
);
const BAD = /block|den(y|ied)|error|fail|forbid|invalid|refus|reject/i;

/** What an event type means, wherever it is shown; of types of older Workers as far as their names say. */
export function eventTone(type: string): Tone | undefined {
  if (CARE.has(type)) return 'care';
  if (HARMLESS.has(type)) return undefined;
  return BAD.test(type) ? 'bad' : undefined;
}

const TIMESTAMP: Column<ListedEvent> = { name: 'timestamp', kind: 'event_time' };
const IP: Column<ListedEvent> = { name: 'ip', kind: 'text', role: 'identifier' };
const EVENT_TYPE: Column<ListedEvent> = {
  name: 'event_type',
  kind: 'text',
  fixed: true,
  tone: eventTone,
};
const METHOD: Column<ListedEvent> = {
  name: 'method',
  kind: 'text',
  role: 'secondary',
  fixed: true,
  startWidth: 6,
};
const PATH: Column<ListedEvent> = { name: 'path', kind: 'text' };
const DURATION: Column<ListedEvent> = { name: 'duration_ms', kind: 'ms', role: 'secondary' };
const REASON: Column<ListedEvent> = { name: 'reason', kind: 'text', role: 'secondary' };
const SHARD: Column<ListedEvent> = {
  name: 'shard',
  kind: 'text',
  role: 'secondary',
  fixed: true,
  startWidth: 9,
};
const EXPIRES_AT: Column<ListedEvent> = { name: 'expires_at', kind: 'time', machineOnly: true };

export const ANALYTICS: EventKind = {
  noun: 'analytics',
  words: ['analytics event', 'analytics events'],
  shards: [analytics],
  columns: [TIMESTAMP, IP, METHOD, PATH, EVENT_TYPE, DURATION, EXPIRES_AT],
  tableColumns: [TIMESTAMP, IP, EVENT_TYPE, METHOD, PATH, DURATION],
  types: ANALYTICS_EVENT_TYPES,
  hasRequests: true,
};

export const SECURITY: EventKind = {
  noun: 'security',
  words: ['security event', 'security events'],
  shards: [security],
  columns: [TIMESTAMP, IP, EVENT_TYPE, REASON, EXPIRES_AT],
  types: SECURITY_EVENT_TYPES,
  hasRequests: false,
};

/** Both, told apart by `shard`. */
export const EVENTS: EventKind = {
  noun: 'events',
  words: ['event', 'events'],
  shards: [analytics, security],
  columns: [TIMESTAMP, SHARD, IP, EVENT_TYPE, METHOD, PATH, DURATION, REASON, EXPIRES_AT],
  tableColumns: [
    TIMESTAMP,
    SHARD,
    IP,
    EVENT_TYPE,
    { name: 'detail', kind: 'text', role: 'secondary' },
  ],
  types: [...ANALYTICS_EVENT_TYPES, ...SECURITY_EVENT_TYPES],
  hasRequests: true,
};

/** The columns of a kind in an output format. */
export function columnsIn(
  format: Format,
  { columns, tableColumns }: EventKind,
): readonly Column<ListedEvent>[] {
  return format === 'table' ? (tableColumns ?? columns) : columns;
}
