import type { Context } from '../../context.ts';
import { closeRoom, describeRoom, isUsed } from '../../edge/live.ts';
import type { Column, Shown } from '../../output/columns.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import type { Change } from '../../plan/step.ts';
import { type Declare, describe } from '../command.ts';
import { openAdmin, parseRoom } from './admin.ts';
import { liveStep } from './live-step.ts';

interface Flags extends PlanFlags {
  erase?: true;
}

interface Options extends Flags {
  rooms: readonly string[];
}

interface Closing {
  room: string;
  people: number;
  sockets: number;
  messages: number;
  doc_fields: number;
}

const COLUMNS: readonly Column<Closing>[] = [
  { name: 'room', kind: 'text', role: 'identifier' },
  { name: 'people', kind: 'number' },
  { name: 'sockets', kind: 'number', role: 'secondary' },
  { name: 'messages', kind: 'number' },
  { name: 'doc_fields', kind: 'number', role: 'secondary' },
];

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('close <room...>')
    .summary('close rooms for everybody')
    .description(
      describe(
        'Closes the sockets in rooms, and lets nobody in until they are opened again. What was said is kept; ' +
          '--erase deletes it with the document, for good.',
        [
          'goblin rooms close potions',
          'goblin rooms export potions > potions.json && goblin rooms close potions --erase',
        ],
      ),
    )
    .option('--erase', 'delete messages and document, too')
    .action((rooms: string[], flags: Flags) =>
      run(close, { ...flags, rooms: [...new Set(rooms.map(parseRoom))] }),
    );
  addPlanOptions(command);
};

export async function close(context: Context, options: Options): Promise<void> {
  const { rooms, erase = false } = options;
  const admin = await openAdmin(context);
  const changes: Change<Closing>[] = [];
  const absent: Shown<Closing>[] = [];
  for (const room of rooms) {
    const found = await describeRoom(admin, room);
    const { people, sockets, messages, doc } = found;
    const row = { room, people: people.length, sockets, messages, doc_fields: doc.fields };
    if (isUsed(found)) changes.push({ id: room, row });
    else absent.push({ room });
  }
  await carryOut(
    context,
    {
      verb: erase ? ['erase', 'erased'] : ['close', 'closed'],
      noun: ['room', 'rooms'],
      columns: COLUMNS,
      steps: [liveStep(changes, (room) => closeRoom(admin, room, erase))],
      absent,
      ...(erase && { severe: 'erase' }),
    },
    options,
  );
}
