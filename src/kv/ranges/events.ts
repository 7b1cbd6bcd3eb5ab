/** Events as records: one or more shards, a span of time or all, in order of time. */

import type { Shown } from '../../output/columns.ts';
import type { EventId } from '../../shards/event-key.ts';
import type { KvKey } from '../../shards/kv-key.ts';
import { BULK_READ_KEYS } from '../../shards/kv-limits.ts';
import type { Shard } from '../../shards/shard.ts';
import { slices } from '../bulk.ts';
import type { KvStore } from '../namespace.ts';
import { isAlive, readKeys, readShard } from '../records.ts';
import { type EventKey, type EventRange, eventRange, type Span } from './ranges.ts';

/** The row of an event of either shard; times in milliseconds since 1970. */
export interface EventRow {
  timestamp: number;
  ip: string;
  event_type: string;
  method?: string | null;
  path?: string | null;
  duration_ms?: number | null;
  reason?: string | null;
  expires_at: number | null;
}

// The values differ between the shards; who reads both sees their rows only.
// biome-ignore lint/suspicious/noExplicitAny: two shards of different values have no common type
export type EventShard = Shard<EventId, any, EventRow>;

/** An event that was read; the key of one that tells no time has no `id`. */
export interface StoredEvent {
  shard: EventShard;
  key: string;
  id: EventId | null;
  row: Shown<EventRow>;
}

/** Where events come from. Keep it for a whole run: what the range has seen spares requests. */
export interface EventSource {
  kv: KvStore;
  shard: EventShard;
  range: EventRange;
}

/** Which events are wanted. What the key tells is asked first, so that no value is read in vain. */
export interface EventTest {
  keepId: (id: EventId) => boolean;
  keepRow: (row: Shown<EventRow>) => boolean;
  /** Milliseconds since 1970: expired keys are listed for a while, and left out. */
  now: number;
}

export function eventSources(kv: KvStore, shards: readonly EventShard[]): EventSource[] {
  return shards.map((shard) => ({ kv, shard, range: eventRange(kv, shard) }));
}

/** The keys of a span, in order of time, by lists alone. */
export async function eventKeysIn(
  sources: readonly EventSource[],
  span: Span,
  test: Pick<EventTest, 'keepId' | 'now'>,
): Promise<EventKey[]> {
  const keys = await Promise.all(
    sources.map(async ({ range }) => wanted(await range.all(span), test)),
  );
  return sources.length === 1 ? (keys[0] ?? []) : keys.flat().sort(keysByTime);
}

/** The events of a span, in order of time. */
export async function eventsIn(
  sources: readonly EventSource[],
  span: Span,
  test: EventTest,
): Promise<StoredEvent[]> {
  const events = await Promise.all(
    sources.map(async (source) => read(source, wanted(await source.range.all(span), test))),
  );
  return inOrder(events.flat()).filter(({ row }) => test.keepRow(row));
}

/** The newest `count` events of a span, in order of time; lists only as far back as they reach. */
export async function newestEventsIn(
  sources: readonly EventSource[],
  span: Span,
  test: EventTest,
  count: number,
): Promise<StoredEvent[]> {
  const found = await Promise.all(sources.map((source) => newestOf(source, span, test, count)));
  return inOrder(found.flat()).slice(-count);
}

async function newestOf(
  source: EventSource,
  span: Span,
  test: EventTest,
  count: number,
): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for await (const keys of source.range.newestFirst(span)) {
    for (const some of slices(wanted(keys, test), BULK_READ_KEYS)) {
      const events = await read(source, some);
      for (const event of events) if (test.keepRow(event.row)) found.push(event);
      if (found.length >= count) return found.slice(0, count);
    }
  }
  return found;
}

/** Every event of the shards, in order of time, and those whose key tells none at the end. */
export async function allEvents(
  sources: readonly EventSource[],
  { keepId, keepRow, now }: EventTest,
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (const { kv, shard } of sources) {
    for await (const page of readShard(kv, shard, { now })) {
      for (const { key, id, row } of page) {
        if ((id === null || keepId(id)) && keepRow(row)) events.push({ shard, key, id, row });
      }
    }
  }
  return inOrder(events);
}

/** The events behind keys; those that are gone by now, or cannot be read yet, are left out. */
export async function read(
  { kv, shard }: EventSource,
  keys: readonly EventKey[],
): Promise<StoredEvent[]> {
  const listed: KvKey[] = keys.map(({ key }) => key);
  return (await readKeys(kv, shard, listed)).map((record) => ({ shard, ...record }));
}

export function wanted(
  keys: readonly EventKey[],
  { keepId, now }: Pick<EventTest, 'keepId' | 'now'>,
): EventKey[] {
  return keys.filter(({ key, id }) => isAlive(key, now) && keepId(id));
}

/** Sorts by time. What has the same time stays as it came. */
export function inOrder(events: StoredEvent[]): StoredEvent[] {
  const timeOf = ({ id }: StoredEvent) => id?.timestamp ?? Number.MAX_SAFE_INTEGER;
  return events.sort((a, b) => timeOf(a) - timeOf(b));
}

function keysByTime(a: EventKey, b: EventKey): number {
  return a.id.timestamp - b.id.timestamp;
}
