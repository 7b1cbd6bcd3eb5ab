import { Option } from 'commander';
import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import { offering } from '../../arguments/offered.ts';
import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import type { EventRow } from '../../kv/ranges/events.ts';
import { eventKeysIn } from '../../kv/ranges/events.ts';
import type { Column, Shown } from '../../output/columns.ts';
import type { EventId } from '../../shards/event-key.ts';
import { suggest } from '../../text/nearest.ts';
import { type Declare, describe } from '../command.ts';
import { bar } from './bar.ts';
import { addFilterOptions, asksKeyOnly, type Filters } from './filters.ts';
import { type EventKind, eventTone } from './kinds.ts';
import { networkOf } from './network.ts';
import { find, openQuery, type Query } from './query.ts';
import { addWindowOptions, type TimeWindow, type WindowFlags, windowOf } from './window.ts';

const WINDOW_MS = 86_400_000;
const ROWS = 10;
const BAR_WIDTH = 20;

/** What events may be counted by; null for events without it. */
interface Groups {
  ip: string;
  network: string;
  event_type: string | null;
  path: string | null;
  method: string | null;
}

/** A value of one of them, with what was counted. */
interface TopRow extends Groups, Tally {
  /** Percent of all events. */
  share: number;
  bar: string;
}

/** What events are counted by: the column's name, and where its value comes from. */
interface Group {
  column: keyof Groups;
  /** Of the key alone, so that no value is read. */
  ofId?: (id: EventId) => string;
  ofRow?: (row: Shown<EventRow>) => string | null | undefined;
  ofRequests?: true;
}

const network: Group = { column: 'network', ofId: ({ ip }) => networkOf(ip) };

const GROUPS: Readonly<Record<string, Group>> = {
  ip: { column: 'ip', ofId: ({ ip }) => ip },
  type: { column: 'event_type', ofRow: (row) => row.event_type },
  path: { column: 'path', ofRow: (row) => row.path, ofRequests: true },
  method: { column: 'method', ofRow: (row) => row.method, ofRequests: true },
  '/24': network,
  '/64': network,
};

interface Options extends WindowFlags, Filters, FieldsFlag<TopRow> {
  by: Group;
  count: number;
}

export function topVerb(kind: EventKind): Declare {
  const words = Object.keys(GROUPS).filter((word) => kind.hasRequests || !GROUPS[word]?.ofRequests);
  return (noun, run) => {
    const command = noun
      .command('top')
      .summary('who, or what, makes most of them')
      .description(
        describe(`Counts the ${kind.words[1]} of the last 24 hours by one of their parts.`, [
          `goblin ${kind.noun} top`,
          `goblin ${kind.noun} top --by type --since 1h`,
          `goblin ${kind.noun} top --by /24 -n 5 -o json`,
        ]),
      )
      .addOption(
        offering(
          new Option('--by <what>', `${words.join(', ')} (IPv4 by /24 and IPv6 by /64 in both)`)
            .argParser((word) => groupOf(word, words))
            .default(groupOf('ip', words), 'ip'),
          words,
        ),
      )
      .option('-n, --count <n>', 'rows', parseCount, ROWS);
    addWindowOptions(command, '24h');
    addFieldsOption(addFilterOptions(command, kind), [...Object.values(BY), ...COUNTED]).action(
      (flags: Options) => run((context, options) => top(context, kind, options), flags),
    );
  };
}

function groupOf(word: string, words: readonly string[]): Group {
  const group = words.includes(word) ? GROUPS[word] : undefined;
  if (group) return group;
  throw usageError('bad_group', `cannot count by "${word}"`, suggest(word, words));
}

interface Tally {
  count: number;
  first_at: number;
  last_at: number;
}

/** Lists the commonest values. Addresses are counted from keys alone: no read, metadata or not. */
export async function top(context: Context, kind: EventKind, options: Options): Promise<void> {
  const { by, count, fields, ...filters } = options;
  const query = await openQuery(context, kind, filters);
  const window = windowOf(options, query.test.now, WINDOW_MS);
  const tallies = new Map<string | null, Tally>();
  let total = 0;
  for (const [value, time] of await valuesOf(query, by, window, filters)) {
    const tally = tallies.get(value) ?? { count: 0, first_at: time, last_at: time };
    tallies.set(value, { ...tally, count: tally.count + 1, last_at: time });
    total++;
  }
  const largest = [...tallies].sort(([, a], [, b]) => b.count - a.count).slice(0, count);
  const most = largest[0]?.[1].count ?? 0;
  const rows = largest.map(([value, tally]) => ({
    [by.column]: value,
    ...tally,
    share: Math.round((1000 * tally.count) / total) / 10,
    bar: bar(tally.count, most, BAR_WIDTH),
  }));
  await context.output.list<TopRow>(fields ?? columnsOf(by, context.format === 'table'), rows, {
    empty: `No ${kind.words[0]} fits.`,
  });
}

/** The value and time of each event, in order of time. */
async function valuesOf(
  query: Query,
  { ofId, ofRow }: Group,
  window: TimeWindow,
  filters: Filters,
): Promise<[value: string | null, time: number][]> {
  if (ofId && asksKeyOnly(filters)) {
    const keys = await eventKeysIn(query.sources, window, query.test);
    return keys.map(({ id }) => [ofId(id), id.timestamp]);
  }
  const events = await find(query, window);
  return events.flatMap(({ id, row }) =>
    id === null ? [] : [[ofId?.(id) ?? ofRow?.(row) ?? null, id.timestamp]],
  );
}

const BY: { [Name in keyof Groups]: Column<TopRow> } = {
  ip: { name: 'ip', kind: 'text', role: 'identifier' },
  network: { name: 'network', kind: 'text', role: 'identifier' },
  event_type: { name: 'event_type', kind: 'text', fixed: true, tone: eventTone },
  path: { name: 'path', kind: 'text' },
  method: { name: 'method', kind: 'text', fixed: true },
};

const COUNTED: readonly Column<TopRow>[] = [
  { name: 'count', kind: 'number' },
  { name: 'share', kind: 'percent' },
  { name: 'first_at', kind: 'time', role: 'secondary' },
  { name: 'last_at', kind: 'time', role: 'secondary' },
];

const BAR: Column<TopRow> = {
  name: 'bar',
  kind: 'text',
  role: 'secondary',
  fixed: true,
  derived: true,
};

function columnsOf({ column }: Group, forPeople: boolean): readonly Column<TopRow>[] {
  const columns = [BY[column], ...COUNTED];
  return forPeople ? [...columns, BAR] : columns;
}
