import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import type { Column } from '../../output/columns.ts';
import { parseLength } from '../../text/durations.ts';
import { suggest } from '../../text/nearest.ts';
import { type Declare, describe } from '../command.ts';
import { TYPE_FOR_SCRIPTS, type TypeRow, trendNote, typeColumnsIn, typeRows } from './by-type.ts';
import { addFilterOptions, type Filters } from './filters.ts';
import type { EventKind } from './kinds.ts';
import { FOR_SCRIPTS, overTime, type StepRow } from './over-time.ts';
import { openQuery } from './query.ts';
import { stepsOf } from './steps.ts';
import { addWindowOptions, type WindowFlags, windowOf } from './window.ts';

const WINDOW_MS = 86_400_000;

const BY = ['time', 'type'] as const;

/** A row of either table. */
type StatsRow = StepRow & TypeRow;

interface Options extends WindowFlags, Filters, FieldsFlag<StatsRow> {
  /** Milliseconds. */
  bucket?: number;
  by: (typeof BY)[number];
}

export function statsVerb(kind: EventKind): Declare {
  return (noun, run) => {
    const command = noun
      .command('stats')
      .summary('how many, over time')
      .description(
        describe(
          `Counts the ${kind.words[1]} of the last 24 hours in steps of time, with what was allowed beside what was ` +
            'blocked, or by type.',
          [
            `goblin ${kind.noun} stats`,
            `goblin ${kind.noun} stats --since 1h --bucket 5m`,
            `goblin ${kind.noun} stats --by type --since 7d`,
            `goblin ${kind.noun} stats --ip 203.0.113.9 -o csv`,
          ],
        ),
      )
      .option('--by <what>', `${BY.join(' or ')}`, parseBy, 'time')
      .option('--bucket <duration>', 'length of a step: 1m, 5m, 1h (about 30 steps)', parseLength);
    addWindowOptions(command, '24h');
    const columns = [...FOR_SCRIPTS, ...TYPE_FOR_SCRIPTS.filter(({ name }) => name !== 'count')];
    addFieldsOption(addFilterOptions(command, kind), columns as readonly Column<StatsRow>[]).action(
      (flags: Options) => run((context, options) => stats(context, kind, options), flags),
    );
  };
}

function parseBy(word: string): string {
  if (BY.some((name) => name === word)) return word;
  throw usageError('bad_group', `cannot count by "${word}"`, suggest(word, BY));
}

/** Lists the steps of a window with their counts, empty ones too, or the types of its events. */
export async function stats(context: Context, kind: EventKind, options: Options): Promise<void> {
  const { bucket, fields, by, ...filters } = options;
  const query = await openQuery(context, kind, filters);
  const window = windowOf(options, query.test.now, WINDOW_MS);
  const steps = stepsOf({ from: window.from, to: window.end }, bucket);
  if (by === 'time') {
    const { columns, rows, note } = await overTime(context, kind, {
      query,
      window,
      steps,
      filters,
    });
    await context.output.list<StatsRow>(fields ?? columns, rows);
    if (note !== '') await context.log.note(note);
    return;
  }
  const rows = await typeRows(query, window, steps);
  await context.output.list<StatsRow>(fields ?? typeColumnsIn(context), rows, {
    empty: `No ${kind.words[0]} fits.`,
  });
  if (context.format === 'table' && rows.length > 0) {
    await context.log.note(trendNote(steps, context));
  }
}
