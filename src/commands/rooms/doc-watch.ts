import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { interrupted } from '../../contract/errors.ts';
import { type DocEvent, docEvents } from '../../edge/doc-events.ts';
import type { Column } from '../../output/columns.ts';
import type { View } from '../../output/screen.ts';
import { plural } from '../../text/plural.ts';
import { describe, type Run } from '../command.ts';
import { openAdmin, parseRoom, parseUser } from './admin.ts';

interface Options {
  room: string;
  as?: string;
}

const FIELD: readonly Column<DocEvent>[] = [
  { name: 'field', kind: 'text', role: 'identifier' },
  { name: 'value', kind: 'json' },
  { name: 'version', kind: 'number' },
  { name: 'user', kind: 'text', role: 'secondary' },
];

const FIELDS: readonly Column<DocEvent>[] = [...FIELD, { name: 'at', kind: 'time' }];

const EVENTS: readonly Column<DocEvent>[] = [
  { name: 'at', kind: 'event_time' },
  {
    name: 'event',
    kind: 'text',
    fixed: true,
    tone: (event) => (event === 'lost' ? 'care' : undefined),
  },
  ...FIELD,
  { name: 'text', kind: 'text' },
];

export function declareWatch(doc: Command, run: Run): void {
  doc
    .command('watch <room>')
    .summary('the document, as it changes')
    .description(
      describe(
        'Shows the document of a room and every edit of it, until Ctrl-C: on a terminal as a table that ' +
          'changes in its place, elsewhere as NDJSON. First come the fields that are there, then `ready`, then ' +
          'each change. A lost connection is made again, and what changed meanwhile follows.',
        [
          'goblin rooms doc watch potions',
          'goblin rooms doc watch potions | jq -r \'select(.event == "field") | .field\'',
        ],
      ),
    )
    .option('--as <user>', 'as whom to be there; `operator` where it is left out', parseUser)
    .action((room: string, flags: { as?: string }) =>
      run(watch, { ...flags, room: parseRoom(room) }),
    );
}

/** Shows the document until Ctrl-C, exit 130. @throws {GoblinError} what `watchRoom` does */
export async function watch(context: Context, { room, as }: Options): Promise<void> {
  const admin = await openAdmin(context);
  const { watchRoom } = await import('../../edge/watch.ts');
  const { now, sleep, random, signal, output } = context;
  const events = watchRoom({ admin, room, user: as, now, sleep, random, signal }, docEvents);
  if (output.isLive) await output.screen(FIELDS, views(room, events));
  else await output.stream(EVENTS, events, { otherwise: 'ndjson' });
  if (signal.aborted) throw interrupted(`stopped watching the document of ${room}`);
}

/** The document at each moment, from when all of it is there. */
async function* views(
  room: string,
  events: AsyncIterable<DocEvent>,
): AsyncGenerator<View<DocEvent>> {
  const fields = new Map<string, DocEvent>();
  let isWhole = false;
  let status = '';
  for await (const event of events) {
    if (event.event === 'field') fields.set(`${event.field}`, event);
    else if (event.event === 'deleted') fields.delete(`${event.field}`);
    isWhole ||= event.event === 'ready';
    if (event.event === 'lost') status = `${event.text}; trying again`;
    else status = `${room}: ${plural(fields.size, 'field', 'fields')}. Ctrl-C ends.`;
    if (isWhole) yield { rows: [...fields.values()].sort(byName), status };
  }
}

const byName = (a: DocEvent, b: DocEvent) => (`${a.field}` < `${b.field}` ? -1 : 1);
