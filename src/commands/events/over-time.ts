/** `stats --by time`: what was allowed beside what was blocked, in steps of time. */
import type { Context } from '../../context.ts';
import { type EventSource, eventKeysIn, eventSources } from '../../kv/ranges/events.ts';
import type { Column } from '../../output/columns.ts';
import { bar } from './bar.ts';
import { asksKeyOnly, type Filters } from './filters.ts';
import { EVENTS, type EventKind } from './kinds.ts';
import { find, type Query } from './query.ts';
import type { Step, Steps } from './steps.ts';
import type { TimeWindow } from './window.ts';

const DEFAULT_WIDTH = 80;
/** Cells of a line that are not bar: the time, the counts, the note and the gaps. */
const BESIDE_BAR = 51;
/** Cells of a bar at most: a longer one tells no more. */
const WIDEST_BAR = 40;

export interface StepRow extends Step {
  /** Events of the kind. */
  count: number;
  /** Requests that were let through, and those that were blocked; null where that was not asked for. */
  allowed: number | null;
  blocked: number | null;
  bar: string;
  note: string;
}

export const FOR_SCRIPTS: readonly Column<StepRow>[] = [
  { name: 'from', kind: 'event_time' },
  { name: 'to', kind: 'event_time' },
  { name: 'count', kind: 'number' },
  { name: 'allowed', kind: 'number' },
  { name: 'blocked', kind: 'number', tone: blockedTone },
  { name: 'complete', kind: 'boolean' },
];

const FOR_PEOPLE: readonly Column<StepRow>[] = [
  { name: 'from', kind: 'event_time' },
  { name: 'allowed', kind: 'number' },
  { name: 'blocked', kind: 'number', tone: blockedTone },
  { name: 'note', kind: 'text', role: 'secondary', fixed: true, tone: () => 'quiet' },
  { name: 'bar', kind: 'text', role: 'secondary', fixed: true, derived: true },
];

function blockedTone(count: number) {
  return count > 0 ? 'bad' : 'quiet';
}

interface Answer {
  columns: readonly Column<StepRow>[];
  rows: StepRow[];
  /** What to say beneath a table. */
  note: string;
}

interface Question {
  query: Query;
  window: TimeWindow;
  steps: Steps;
  filters: Filters;
}

/** The steps with their counts, empty ones too. From keys alone where no filter asks more. */
export async function overTime(
  context: Context,
  kind: EventKind,
  { query, window, steps, filters }: Question,
): Promise<Answer> {
  const tallies = await talliesOf(context, query, window, steps, filters);
  const own = kind.shards.map(({ name }) => name);
  const counts = steps.steps.map((_, i) =>
    own.reduce((sum, name) => sum + (tallies.get(name)?.[i] ?? 0), 0),
  );
  const most = Math.max(...counts);
  const width = (context.io.stdout.columns ?? DEFAULT_WIDTH) - BESIDE_BAR;
  const rows = steps.steps.map((step, i) => ({
    ...step,
    count: counts[i] ?? 0,
    allowed: tallies.get('analytics')?.[i] ?? null,
    blocked: tallies.get('security')?.[i] ?? null,
    bar: bar(counts[i] ?? 0, most, Math.min(WIDEST_BAR, Math.max(10, width))),
    note: step.complete ? '' : 'partial',
  }));
  const isTable = context.format === 'table';
  const busiest = rows.find(({ count }) => count === most);
  const note = isTable && busiest && most > 0 ? noteOf(context, kind, counts, busiest) : '';
  return { columns: isTable ? FOR_PEOPLE : FOR_SCRIPTS, rows, note };
}

/** "6 security events in all, 2 of them from 2026-03-14 15:45:00 UTC+1 on". */
function noteOf(
  { output }: Context,
  { words }: EventKind,
  counts: readonly number[],
  { count, from }: StepRow,
): string {
  const [total, most] = [counts.reduce((sum, each) => sum + each, 0), count].map((each) =>
    each.toLocaleString('en-US'),
  );
  return `${total} ${words[total === '1' ? 0 : 1]} in all, ${most} of them from ${output.time(from)} on`;
}

/**
 * How many events of each shard are in each step. Where keys tell enough, the other shard is counted too: lists alone
 * do that. A filter that needs values would cost reads, so then it is left out.
 */
async function talliesOf(
  context: Context,
  query: Query,
  window: TimeWindow,
  { steps, indexOf }: Steps,
  filters: Filters,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const tallies = new Map<string, number[]>();
  const tallyOf = (shard: string): number[] => {
    const tally = tallies.get(shard) ?? steps.map(() => 0);
    tallies.set(shard, tally);
    return tally;
  };
  const count = (shard: string, time: number) => {
    const [tally, step] = [tallyOf(shard), indexOf(time)];
    tally[step] = (tally[step] ?? 0) + 1;
  };
  for (const { shard } of query.sources) tallyOf(shard.name);
  if (!asksKeyOnly(filters)) {
    for (const { id, shard } of await find(query, window)) if (id) count(shard.name, id.timestamp);
    return tallies;
  }
  const sources = await bothShards(context, query);
  await Promise.all(
    sources.map(async (source) => {
      tallyOf(source.shard.name);
      const keys = await eventKeysIn([source], window, query.test);
      for (const { id } of keys) count(source.shard.name, id.timestamp);
    }),
  );
  return tallies;
}

/** The sources of a query, and the shard that it does not ask for. */
async function bothShards(context: Context, { sources }: Query): Promise<EventSource[]> {
  const others = EVENTS.shards.filter((shard) => sources.every((source) => source.shard !== shard));
  return [...sources, ...eventSources(await context.kv(), others)];
}
