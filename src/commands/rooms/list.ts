import type { Context } from '../../context.ts';
import { type LiveRoom, listRooms } from '../../edge/live.ts';
import type { Column } from '../../output/columns.ts';
import { type Declare, describe } from '../command.ts';
import { openAdmin } from './admin.ts';

const COLUMNS: readonly Column<LiveRoom>[] = [
  { name: 'room', kind: 'text', role: 'identifier' },
  { name: 'people', kind: 'number' },
  { name: 'sockets', kind: 'number', role: 'secondary' },
  { name: 'last_seen', kind: 'time' },
];

export const declare: Declare = (noun, run) => {
  noun
    .command('list')
    .summary('rooms, and how many people are in them')
    .description(
      describe(
        'The rooms that hold anything, and those that people were in during the last 31 days.',
        ['goblin rooms list', 'goblin rooms list -o ndjson | jq -r .room'],
      ),
    )
    .action(() => run(list, {}));
};

export async function list(context: Context): Promise<void> {
  const rooms = listRooms(await openAdmin(context));
  await context.output.list(COLUMNS, rooms, { empty: 'There are no rooms yet.' });
}
