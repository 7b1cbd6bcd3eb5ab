import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { eventKeysIn } from '../../kv/ranges/events.ts';
import type { Span } from '../../kv/ranges/ranges.ts';
import type { Column } from '../../output/columns.ts';
import { parseLength } from '../../text/durations.ts';
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
/** Cells of a line that are not bar: the time, the count, the note and the gaps. */
const BESIDE_BAR = 40;

interface Options extends WindowFlags, Filters, FieldsFlag<StepRow> {
  /** Milliseconds. */
  bucket?: number;
}

/** A step of time; times in milliseconds since 1970. */
interface Step extends Span {
  count: number;
  /** False for the first and the last step where the window cuts them. */
  complete: boolean;
}

interface StepRow extends Step {
  bar: string;
  note: string;
}

const FOR_SCRIPTS: readonly Column<StepRow>[] = [
  { name: 'from', kind: 'event_time' },
  { name: 'to', kind: 'event_time' },
  { name: 'count', kind: 'number' },
  { name: 'complete', kind: 'boolean' },
];

const FOR_PEOPLE: readonly Column<StepRow>[] = [
  { name: 'from', kind: 'event_time' },
  { name: 'count', kind: 'number' },
  { name: 'note', kind: 'text', role: 'secondary', fixed: true, tone: () => 'quiet' },
  { name: 'bar', kind: 'text', role: 'secondary', fixed: true },
];

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
      .option('--bucket <duration>', 'length of a step: 1m, 5m, 1h (about 30 steps)', parseLength);
    addWindowOptions(command, '24h');
    addFieldsOption(addFilterOptions(command, kind), FOR_SCRIPTS).action((flags: Options) =>
      run((context, options) => stats(context, kind, options), flags),
    );
  };
}

/** Lists the steps of a window with their counts, empty ones too. From keys alone where no filter asks more. */
export async function stats(context: Context, kind: EventKind, options: Options): Promise<void> {
  const { bucket, fields, ...filters } = options;
  const query = await openQuery(context, kind, filters);
  const window = windowOf(options, query.test.now, WINDOW_MS);
  const { from, end } = window;
  const size = bucket ?? roundSize(end - from);
  const steps = stepsOf({ from, to: end }, size);
  for (const time of await timesOf(query, window, filters)) {
    // What the edge dates ahead of this machine's clock belongs to the last step.
    const step =
      steps[Math.min(steps.length - 1, Math.floor((time - (steps[0]?.from ?? 0)) / size))];
    if (step) step.count++;
  }
  const most = Math.max(...steps.map(({ count }) => count));
  const width = Math.max(10, (context.io.stdout.columns ?? DEFAULT_WIDTH) - BESIDE_BAR);
  const rows = steps.map((step) => ({
    ...step,
    bar: bar(step.count, most, width),
    note: step.complete ? '' : 'partial',
  }));
  const columns = context.format === 'table' ? FOR_PEOPLE : FOR_SCRIPTS;
  await context.output.list(fields ?? columns, rows);
  const total = steps.reduce((sum, { count }) => sum + count, 0);
  const busiest = steps.find(({ count }) => count === most);
  if (context.format !== 'table' || !busiest || total === 0) return;
  await context.log.note(
    `${total.toLocaleString('en-US')} in all, ${most.toLocaleString('en-US')} of them from ${context.output.time(busiest.from)} on`,
  );
}

/** The smallest round length that makes no more than a screen of steps. */
function roundSize(length: number): number {
  const fitting = ROUND.find((size) => length / size <= SCREEN);
  return fitting ?? 24 * HOUR * Math.ceil(length / (24 * HOUR * SCREEN));
}

function stepsOf({ from, to }: Span, size: number): Step[] {
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
    const complete = start >= from && start + size <= to;
    return { from: start, to: start + size, count: 0, complete };
  });
}

async function timesOf(query: Query, window: TimeWindow, filters: Filters): Promise<number[]> {
  if (asksKeyOnly(filters)) {
    const keys = await eventKeysIn(query.sources, window, query.test);
    return keys.map(({ id }) => id.timestamp);
  }
  return (await find(query, window)).flatMap(({ id }) => (id === null ? [] : [id.timestamp]));
}
