/** A timeline for people: the same event again and again is one line. */
import type { StoredEvent } from '../../kv/ranges/events.ts';
import type { Column, Shown } from '../../output/columns.ts';
import { duration } from '../../output/time.ts';
import { columnsIn, EVENTS, type ListedEvent } from '../events/kinds.ts';
import { rowOf } from '../events/query.ts';

export interface EventRun extends ListedEvent {
  /** "× 57 in 40s", from the first to the last; null for one event alone. */
  times: string | null;
}

/** Without the address, which is the same in all. */
export const RUN_COLUMNS: readonly Column<EventRun>[] = columnsIn('table', EVENTS)
  .filter(({ name }) => name !== 'ip')
  .flatMap((column): Column<EventRun>[] =>
    column.name === 'event_type'
      ? [column, { name: 'times', kind: 'text', fixed: true }]
      : [column as Column<EventRun>],
  );

interface Run {
  first: Shown<ListedEvent>;
  last: Shown<ListedEvent>;
  count: number;
}

/** Runs of events of one shard, type and detail, in order of time; each begins at its first event. */
export function runsOf(events: readonly StoredEvent[]): Run[] {
  const runs: Run[] = [];
  for (const event of events) {
    const row = rowOf(event);
    const run = runs.at(-1);
    if (run && isSame(run.first, row)) {
      run.last = row;
      run.count++;
    } else {
      runs.push({ first: row, last: row, count: 1 });
    }
  }
  return runs;
}

export function runRow({ first, last, count }: Run): Shown<EventRun> {
  if (count === 1) return { ...first, times: '' };
  const ms = (last.timestamp ?? 0) - (first.timestamp ?? 0);
  return { ...first, times: `× ${count} in ${duration(Math.round(ms / 1000))}` };
}

function isSame(a: Shown<ListedEvent>, b: Shown<ListedEvent>): boolean {
  const fields = ['shard', 'event_type', 'detail', 'problem'] as const;
  return fields.every((name) => a[name] === b[name]);
}
