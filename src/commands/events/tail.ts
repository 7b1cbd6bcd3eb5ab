import { addFieldsOption } from '../../arguments/fields.ts';
import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { eventKeysIn, type StoredEvent } from '../../kv/ranges/events.ts';
import type { Shown } from '../../output/columns.ts';
import { duration, timestamp } from '../../output/time.ts';
import { parseDuration } from '../../text/durations.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';
import { addFilterOptions } from './filters.ts';
import { follow, OVERLAP_MS } from './follow.ts';
import { columnsIn, type EventKind, type ListedEvent } from './kinds.ts';
import { type EventFlags, find, judge, openQuery, type Query, rowOf } from './query.ts';
import { AHEAD_MS, checkedTime, windowOf } from './window.ts';

const HISTORY_MS = 600_000;
const DAY_MS = 86_400_000;

interface Options extends EventFlags {
  count?: number;
  follow?: boolean;
  /** Milliseconds. */
  timeout?: number;
  max?: number;
}

export function tailVerb(kind: EventKind): Declare {
  return (noun, run) => {
    const command = noun
      .command('tail')
      .summary('the last events, then new ones as they come')
      .description(
        describe(
          `Shows the ${kind.words[1]} of the last 10 minutes, and on a terminal goes on with new ones.`,
          [
            `goblin ${kind.noun} tail --since 1h`,
            `goblin ${kind.noun} tail -n 20 --type ${kind.types[0]}`,
            `goblin ${kind.noun} tail -f --max 1 --timeout 5m -o ndjson`,
          ],
        ),
      )
      .option('--since <time>', 'begin there: 15m, 1h, 2026-01-31T12:00Z (10m)', checkedTime)
      .option('-n, --count <n>', 'begin with the newest n', parseCount)
      .option('-f, --follow', 'go on with new events (on a terminal)')
      .option('--no-follow', 'end after what is there')
      .option('--timeout <duration>', 'end after that long', parseDuration)
      .option('--max <n>', 'end after n events', parseCount);
    addFilterOptions(command, kind);
    addFieldsOption(command, kind.columns)
      .option('--exit-code', 'exit 8 if there was any')
      .action((flags: Options) => run((context, options) => tail(context, kind, options), flags));
  };
}

/**
 * Shows events in order of time: those that are there, and where it follows, those that come. One that KV
 * shows late is shown late, never left out and never twice.
 * @throws {GoblinError} exit 130 on Ctrl-C; exit 8 with `--exit-code` where there were any.
 */
export async function tail(context: Context, kind: EventKind, options: Options): Promise<void> {
  if (isFollowed(context, options)) context.shareEngine();
  const query = await openQuery(context, kind, options);
  const most = options.max ?? Number.POSITIVE_INFINITY;
  let shown = 0;
  let last = query.test.now;

  async function* rows(): AsyncGenerator<Shown<ListedEvent>> {
    for await (const events of batches(context, kind, query, options)) {
      await context.log.standing('');
      for (const event of events) {
        if (shown >= most) return;
        shown++;
        last = event.id?.timestamp ?? last;
        yield rowOf(event);
      }
      if (shown >= most) return;
    }
  }

  await context.output.stream(options.fields ?? columnsIn(context.format, kind), rows());
  await context.log.standing('');
  if (context.signal.aborted) throw stopped(shown, last, kind);
  if (shown === 0) await context.log.note(`No ${kind.words[0]} came.`);
  judge(options, shown, kind.words);
}

/** On a terminal it goes on by itself; a pipe has an end unless it is asked for. */
function isFollowed({ io }: Context, { follow }: Options): boolean {
  return follow ?? io.stdout.isTTY;
}

/** The history, then a batch a look. */
async function* batches(
  context: Context,
  kind: EventKind,
  query: Query,
  options: Options,
): AsyncGenerator<StoredEvent[]> {
  const { since, count, timeout } = options;
  const began = query.test.now;
  const follows = isFollowed(context, options);
  const recent = { from: began - OVERLAP_MS, to: began + AHEAD_MS };
  // Of the newest n, what lies before them is history that was not asked for. It is listed first: what
  // comes in between is then shown.
  const passedOver =
    follows && count !== undefined ? await eventKeysIn(query.sources, recent, query.test) : [];
  const window = windowOf(options, began, count === undefined ? HISTORY_MS : undefined);
  const history = await find(query, window, count);
  yield history;
  if (!follows) return;
  let listed = 0;
  yield* follow(context, query, {
    from: since === undefined && count !== undefined ? recent.from : window.from,
    looked: began,
    seen: [...passedOver.map(({ key }) => key.name), ...history.map(({ key }) => key)],
    until: began + (timeout ?? Number.POSITIVE_INFINITY),
    onPause(ms) {
      const lists = context.usage['kv.list'] - listed;
      listed += lists;
      return context.log.standing(standing(context, kind, { ms, lists }));
    },
  });
}

/** "following events · looked at 12:03:41 UTC+1 · next in 2s · 14 lists so far, 86,400 a day at this pace" */
function standing(
  { usage, now, output }: Context,
  { words }: EventKind,
  pause: { ms: number; lists: number },
): string {
  const daily = Math.round((DAY_MS * pause.lists) / pause.ms);
  return [
    `following ${words[1]}`,
    `looked at ${output.time(now()).slice(11)}`,
    `next in ${duration(pause.ms / 1000)}`,
    `${usage['kv.list']} lists so far, ${daily.toLocaleString('en-US')} a day at this pace`,
  ].join(' · ');
}

function stopped(shown: number, last: number, kind: EventKind): GoblinError {
  return new GoblinError(
    'interrupted',
    'interrupted',
    `stopped after ${plural(shown, ...kind.words)}`,
    { hint: `\`goblin ${kind.noun} tail --since ${timestamp(last)}\` goes on from there.` },
  );
}
