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
import { doubtfulType, type Filters, idTest, rowTest } from './filters.ts';
import type { EventKind, ListedEvent } from './kinds.ts';
import { spanOf, type WindowFlags } from './window.ts';

export interface EventFlags extends WindowFlags, Filters, FieldsFlag<ListedEvent> {
  exitCode?: true;
}

export interface Query {
  sources: EventSource[];
  test: EventTest;
}

/** Opens the shards of a kind, with a warning about what is probably a slip. */
export async function openQuery(
  context: Context,
  kind: EventKind,
  filters: Filters,
): Promise<Query> {
  const doubt = doubtfulType(filters, kind);
  if (doubt !== undefined) await context.log.warn(doubt);
  return {
    sources: eventSources(await context.kv(), kind.shards),
    test: { keepId: idTest(filters), keepRow: await rowTest(filters), now: context.now() },
  };
}

/**
 * The events, in order of time: all that are kept where neither a window nor a number is given, those
 * whose key tells no time among them.
 */
export async function find(
  { sources, test }: Query,
  { since, until, count }: WindowFlags & { count?: number | undefined },
): Promise<StoredEvent[]> {
  if (!since && !until && count === undefined) return allEvents(sources, test);
  const span = spanOf({ ...(since && { since }), ...(until && { until }) }, test.now);
  return count === undefined
    ? eventsIn(sources, span, test)
    : newestEventsIn(sources, span, test, count);
}

/** An event's row, with what tells kinds apart and a `detail` for tables without room for all columns. */
export function rowOf({ shard, row }: StoredEvent): Shown<ListedEvent> {
  const { method, path, reason } = row;
  const request = path == null ? null : `${method ?? ''} ${path}`.trim();
  return { shard: shard.name, ...row, detail: reason ?? request };
}

/** @throws {GoblinError} exit 8 where `--exit-code` was given and there are events. */
export function judge(
  { exitCode }: EventFlags,
  count: number,
  [one, many]: EventKind['words'],
): void {
  if (!exitCode || count === 0) return;
  const found = count === 1 ? `1 ${one}` : `${count.toLocaleString('en-US')} ${many}`;
  throw new GoblinError('difference', 'events_found', `${found} found`);
}
