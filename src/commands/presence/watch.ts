import { Option } from 'commander';
import type { Context } from '../../context.ts';
import { interrupted, usageError } from '../../contract/errors.ts';
import type { Present } from '../../edge/live.ts';
import {
  type PresenceEvent,
  type PresenceLook,
  presenceEvents,
  watchPresence,
} from '../../edge/presence-watch.ts';
import type { Column } from '../../output/columns.ts';
import type { View } from '../../output/screen.ts';
import { parseDuration } from '../../text/durations.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';
import { openAdmin, parseRoom, parseUser } from '../rooms/admin.ts';
import { PRESENT_COLUMNS } from './list.ts';

interface Options {
  room?: string;
  user?: string;
  every: number;
}

const EVENTS: readonly Column<PresenceEvent>[] = [
  { name: 'at', kind: 'event_time' },
  {
    name: 'event',
    kind: 'text',
    fixed: true,
    tone: (event) => (event === 'lost' ? 'care' : undefined),
  },
  { name: 'room', kind: 'text', startWidth: 16 },
  { name: 'user_id', kind: 'text', startWidth: 12 },
  { name: 'sockets', kind: 'number', role: 'secondary' },
  { name: 'since', kind: 'event_time', role: 'secondary' },
  { name: 'last_active', kind: 'event_time', role: 'secondary' },
  { name: 'text', kind: 'text' },
];

/** Milliseconds between two looks: rooms report a join or a leave within a second. */
const EVERY_MS = 2000;
const LEAST_MS = 500;

export const declare: Declare = (noun, run) => {
  noun
    .command('watch')
    .summary('who comes and goes')
    .description(
      describe(
        'Shows who is in which room until Ctrl-C: on a terminal as a table that changes in its place, elsewhere ' +
          'as NDJSON. First come those who are there (`here`), then `joined` and `left`. When the edge cannot be ' +
          'reached it is tried again, and what changed meanwhile follows.',
        ['goblin presence watch', "goblin presence watch --room potions | jq -r '.user_id'"],
      ),
    )
    .option('--room <room>', 'in one room', parseRoom)
    .option('--user <id>', 'one user, in all rooms', parseUser)
    .addOption(
      new Option('--every <duration>', 'how often to look, 500ms or more')
        .default(EVERY_MS, '2s')
        .argParser(parseEvery),
    )
    .action((options: Options) => run(watch, options));
};

/** Shows who is there until Ctrl-C, exit 130. @throws {GoblinError} what `watchPresence` does */
export async function watch(context: Context, options: Options): Promise<void> {
  const admin = await openAdmin(context);
  const { now, sleep, random, signal, output } = context;
  const looks = watchPresence({ ...options, admin, sleep, random, signal });
  if (output.isLive) await output.screen(PRESENT_COLUMNS, views(looks));
  else await output.stream(EVENTS, events(looks, now), { otherwise: 'ndjson' });
  if (signal.aborted) throw interrupted('stopped watching who is there');
}

async function* events(
  looks: AsyncIterable<PresenceLook>,
  now: () => number,
): AsyncGenerator<PresenceEvent> {
  const changes = presenceEvents(now);
  for await (const look of looks) yield* changes(look);
}

async function* views(looks: AsyncIterable<PresenceLook>): AsyncGenerator<View<Present>> {
  let rows: Present[] = [];
  for await (const look of looks) {
    if ('people' in look) rows = look.people;
    yield { rows, status: 'lost' in look ? `${look.lost}; trying again` : summary(rows) };
  }
}

function summary(rows: readonly Present[]): string {
  if (rows.length === 0) return 'Nobody is in a room. Ctrl-C ends.';
  const people = new Set(rows.map(({ user_id }) => user_id)).size;
  const rooms = new Set(rows.map(({ room }) => room)).size;
  return `${plural(people, 'person', 'people')} in ${plural(rooms, 'room', 'rooms')}. Ctrl-C ends.`;
}

function parseEvery(text: string): number {
  const ms = parseDuration(text);
  if (ms >= LEAST_MS) return ms;
  throw usageError('bad_duration', `--every ${text} is too often`, 'Write 500ms or more.');
}
