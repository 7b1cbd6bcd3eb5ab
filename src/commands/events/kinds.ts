/** The nouns whose records are events: one shard each, and both together. */

import type { EventShard } from '../../kv/ranges/events.ts';
import type { Format } from '../../output/format.ts';
import { ANALYTICS_EVENT_TYPES, analytics } from '../../shards/analytics.ts';
import { SECURITY_EVENT_TYPES, security } from '../../shards/security.ts';
import type { Column } from '../../shards/shard.ts';

export interface EventKind {
  /** The word on the command line. */
  noun: string;
  /** `['security event', 'security events']`. */
  words: readonly [one: string, many: string];
  shards: readonly EventShard[];
  columns: readonly Column[];
  /** What a table shows instead, where the columns are too many for a line. */
  tableColumns?: readonly Column[];
  /** What today's Worker writes as `event_type`. */
  types: readonly string[];
  /** Whether its records tell of a request: method and path. */
  hasRequests: boolean;
}

export const ANALYTICS: EventKind = {
  noun: 'analytics',
  words: ['analytics event', 'analytics events'],
  shards: [analytics],
  columns: analytics.columns,
  types: ANALYTICS_EVENT_TYPES,
  hasRequests: true,
};

export const SECURITY: EventKind = {
  noun: 'security',
  words: ['security event', 'security events'],
  shards: [security],
  columns: security.columns,
  types: SECURITY_EVENT_TYPES,
  hasRequests: false,
};

/** Both, told apart by `shard`. */
export const EVENTS: EventKind = {
  noun: 'events',
  words: ['event', 'events'],
  shards: [analytics, security],
  columns: [
    { name: 'timestamp', kind: 'time' },
    { name: 'shard', kind: 'text' },
    { name: 'ip', kind: 'text' },
    { name: 'event_type', kind: 'text' },
    { name: 'method', kind: 'text' },
    { name: 'path', kind: 'text' },
    { name: 'duration_ms', kind: 'ms' },
    { name: 'reason', kind: 'text' },
    { name: 'expires_at', kind: 'time', machineOnly: true },
  ],
  tableColumns: [
    { name: 'timestamp', kind: 'time' },
    { name: 'shard', kind: 'text' },
    { name: 'ip', kind: 'text' },
    { name: 'event_type', kind: 'text' },
    { name: 'detail', kind: 'text' },
  ],
  types: [...ANALYTICS_EVENT_TYPES, ...SECURITY_EVENT_TYPES],
  hasRequests: true,
};

/** The columns of a kind in an output format. */
export function columnsIn(format: Format, { columns, tableColumns }: EventKind): readonly Column[] {
  return format === 'table' ? (tableColumns ?? columns) : columns;
}
