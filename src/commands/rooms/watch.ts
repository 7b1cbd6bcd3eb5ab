import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import { interrupted } from '../../contract/errors.ts';
import { type RoomEvent, roomEvents } from '../../edge/room-events.ts';
import type { Column } from '../../output/columns.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';
import { openAdmin, parseRoom, parseUser } from './admin.ts';

interface Flags {
  as?: string;
  max?: number;
}

interface Options extends Flags {
  room: string;
}

/** What is about the connection needs care. */
const toneOf = (event: string) => (event === 'gap' || event === 'lost' ? 'care' : undefined);

const COLUMNS: readonly Column<RoomEvent>[] = [
  { name: 'at', kind: 'event_time' },
  { name: 'event', kind: 'text', fixed: true, tone: toneOf },
  { name: 'seq', kind: 'number', startWidth: 6 },
  { name: 'user', kind: 'text', startWidth: 12 },
  { name: 'text', kind: 'text' },
];

export const declare: Declare = (noun, run) => {
  noun
    .command('watch <room>')
    .summary('what happens in a room, as it happens')
    .description(
      describe(
        'Shows the last messages of a room, then what is said and edited and who comes and goes, until Ctrl-C. ' +
          'The people there see the operator among them. A lost connection is made again and goes on where it ' +
          'was; messages that are gone by then are told as a gap.',
        ['goblin rooms watch potions', 'goblin rooms watch potions -o ndjson | jq -r .text'],
      ),
    )
    .option('--as <user>', 'as whom to be there; `operator` where it is left out', parseUser)
    .option('--max <n>', 'end after so many messages', parseCount)
    .action((room: string, flags: Flags) => run(watch, { ...flags, room: parseRoom(room) }));
};

export async function watch(context: Context, { room, as, max }: Options): Promise<void> {
  const admin = await openAdmin(context);
  const { watchRoom } = await import('../../edge/watch.ts');
  const { now, sleep, random, signal } = context;
  const options = { admin, room, user: as, now, sleep, random, signal };
  let messages = 0;

  async function* events(): AsyncGenerator<RoomEvent> {
    for await (const event of watchRoom(options, roomEvents)) {
      yield event;
      if (event.event === 'message' && ++messages === max) return;
    }
  }

  await context.output.stream(COLUMNS, events());
  if (signal.aborted) throw interrupted(`stopped after ${plural(messages, 'message', 'messages')}`);
}
