/** From what was typed to the events it means. */

import type { FieldsFlag } from '../../arguments/fields.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import {
  allEvents,
  type EventSource,
  type EventTest,
  eventSources,
  eventsIn,
  newestEventsIn,
  type StoredEvent,
} from '../../kv/ranges/events.ts';
import type { Shown } from '../../output/columns.ts';
import { plural } from '../../text/plural.ts';
import { type Filters, idTest, rowTest } from './filters.ts';
import type { EventKind, ListedEvent } from './kinds.ts';
import { type TimeWindow, type WindowFlags, windowOf } from './window.ts';

export interface EventFlags extends WindowFlags, Filters, FieldsFlag<ListedEvent> {
  exitCode?: true;
}

export interface Query {
  sources: EventSource[];
  test: EventTest;
}

/** Opens the shards of a kind. */
export async function openQuery(
  context: Context,
  kind: EventKind,
  filters: Filters,
): Promise<Query> {
  return {
    sources: eventSources(await context.kv(), kind.shards),
    test: { keepId: idTest(filters), keepRow: await rowTest(filters), now: context.now() },
  };
}

/**
 * The events of a window in order of time, or the newest `count` of them. Without window and count, all that
 * are kept, among them those whose key holds no time.
 */
export async function find(
  { sources, test }: Query,
  window: TimeWindow | null,
  count?: number,
): Promise<StoredEvent[]> {
  if (count !== undefined) {
    return newestEventsIn(sources, window ?? windowOf({}, test.now), test, count);
  }
  return window === null ? allEvents(sources, test) : eventsIn(sources, window, test);
}

/** An event's row, with what tells kinds apart and a `detail` for tables without room for all columns. */
export function rowOf({ shard, row }: StoredEvent): Shown<ListedEvent> {
  const { method, path, reason } = row;
  const request = path == null ? null : `${method ?? ''} ${path}`.trim();
  return { shard: shard.name, ...row, detail: reason ?? request };
}

/** @throws {GoblinError} exit 8 where `--exit-code` was given and there are events. */
export function judge({ exitCode }: EventFlags, count: number, words: EventKind['words']): void {
  if (!exitCode || count === 0) return;
  throw new GoblinError('difference', 'events_found', `${plural(count, ...words)} found`);
}
