import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { eventKeysIn } from '../../kv/ranges/events.ts';
import type { Span } from '../../kv/ranges/ranges.ts';
import { timestamp } from '../../output/time.ts';
import type { Column } from '../../shards/shard.ts';
import { parseDuration } from '../../text/durations.ts';
import { type Declare, describe } from '../command.ts';
import { bar } from './bar.ts';
import { addFilterOptions, asksKeyOnly, type Filters } from './filters.ts';
import type { EventKind } from './kinds.ts';
import { find, openQuery, type Query } from './query.ts';
import { addWindowOptions, type TimeWindow, type WindowFlags, windowOf } from './window.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const WINDOW_MS = 24 * HOUR;
/** Rows of a histogram that is left to choose its buckets: about one screen. */
const SCREEN = 30;
/** Buckets at most: beyond, the operator has probably mistaken the unit. */
const MOST = 10_000;
const ROUND = [1000, 10_000, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR];

const DEFAULT_WIDTH = 80;
/** Cells of a line that are not bar: the time, the count and the gaps. */
const BESIDE_BAR = 32;

interface Options extends WindowFlags, Filters {
  /** Milliseconds. */
  bucket?: number;
}

export function statsVerb(kind: EventKind): Declare {
  return (noun, run) => {
    const command = noun
      .command('stats')
      .summary('how many, over time')
      .description(
        describe(`Counts the ${kind.words[1]} of the last 24 hours in steps of time.`, [
          `goblin ${kind.noun} stats`,
          `goblin ${kind.noun} stats --since 1h --bucket 5m`,
          `goblin ${kind.noun} stats --ip 203.0.113.9 -o csv`,
        ]),
      )
      .option(
        '--bucket <duration>',
        'length of a step: 1m, 5m, 1h (about 30 steps)',
        parseDuration,
      );
    addWindowOptions(command, '24h');
    addFilterOptions(command, kind).action((flags: Options) =>
      run((context, options) => stats(context, kind, options), flags),
    );
  };
}

const forScripts: readonly Column[] = [
  { name: 'from', kind: 'time' },
  { name: 'to', kind: 'time' },
  { name: 'count', kind: 'number' },
];

const forPeople: readonly Column[] = [
  { name: 'time', kind: 'text' },
  { name: 'count', kind: 'number' },
  { name: 'bar', kind: 'text' },
];

/** Lists the steps of a window with their counts, empty ones too. From keys alone where no filter asks more. */
export async function stats(context: Context, kind: EventKind, options: Options): Promise<void> {
  const query = await openQuery(context, kind, options);
  const window = windowOf(options, query.test.now, WINDOW_MS);
  const { from, end } = window;
  const size = options.bucket ?? roundSize(end - from);
  const steps = stepsOf({ from, to: end }, size);
  for (const time of await timesOf(query, window, options)) {
    // What the edge dates ahead of this machine's clock belongs to the last step.
    const step =
      steps[Math.min(steps.length - 1, Math.floor((time - (steps[0]?.from ?? 0)) / size))];
    if (step) step.count++;
  }
  const most = Math.max(...steps.map(({ count }) => count));
  const width = Math.max(10, (context.io.stdout.columns ?? DEFAULT_WIDTH) - BESIDE_BAR);
  const rows = steps.map((step) => ({
    ...step,
    time: minuteOf(step.from, size),
    bar: bar(step.count, most, width),
  }));
  await context.output.list(context.format === 'table' ? forPeople : forScripts, rows);
  const total = steps.reduce((sum, { count }) => sum + count, 0);
  const busiest = steps.find(({ count }) => count === most);
  if (context.format !== 'table' || !busiest || total === 0) return;
  await context.log.note(
    `${total.toLocaleString('en-US')} in all, ${most.toLocaleString('en-US')} of them from ${minuteOf(busiest.from, size)} on`,
  );
}

/** The smallest round length that makes no more than a screen of steps. */
function roundSize(length: number): number {
  const fitting = ROUND.find((size) => length / size <= SCREEN);
  return fitting ?? 24 * HOUR * Math.ceil(length / (24 * HOUR * SCREEN));
}

function stepsOf({ from, to }: Span, size: number): { from: number; to: number; count: number }[] {
  const first = from - (from % size);
  const count = Math.ceil((to - first) / size);
  if (count > MOST) {
    throw usageError(
      'too_many_steps',
      `that would be ${count.toLocaleString('en-US')} steps`,
      'Make --bucket longer, or the window shorter.',
    );
  }
  return Array.from({ length: count }, (_, i) => {
    const start = first + i * size;
    return { from: start, to: start + size, count: 0 };
  });
}

async function timesOf(query: Query, window: TimeWindow, filters: Filters): Promise<number[]> {
  if (asksKeyOnly(filters)) {
    const keys = await eventKeysIn(query.sources, window, query.test);
    return keys.map(({ id }) => id.timestamp);
  }
  return (await find(query, window)).flatMap(({ id }) => (id === null ? [] : [id.timestamp]));
}

/** `2026-01-31 12:05`, with seconds where a step is shorter than a minute. */
function minuteOf(time: number, size: number): string {
  return timestamp(time)
    .replace('T', ' ')
    .slice(0, size < MINUTE ? 19 : 16);
}
