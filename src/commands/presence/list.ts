import type { Context } from '../../context.ts';
import { listPresence, type Present } from '../../edge/live.ts';
import type { Column } from '../../output/columns.ts';
import { type Declare, describe } from '../command.ts';
import { openAdmin, parseRoom, parseUser } from '../rooms/admin.ts';

interface Options {
  room?: string;
  user?: string;
}

export const PRESENT_COLUMNS: readonly Column<Present>[] = [
  { name: 'room', kind: 'text', role: 'identifier' },
  { name: 'user_id', kind: 'text', role: 'identifier' },
  { name: 'sockets', kind: 'number', role: 'secondary' },
  { name: 'since', kind: 'time' },
  { name: 'last_active', kind: 'time' },
];

export const declare: Declare = (noun, run) => {
  noun
    .command('list')
    .summary('who is in which room now')
    .description(
      describe('The people who are in rooms now, a line for each person and room.', [
        'goblin presence list',
        'goblin presence list --user u_42',
      ]),
    )
    .option('--room <room>', 'in one room', parseRoom)
    .option('--user <id>', 'one user, in all rooms', parseUser)
    .action((options: Options) => run(list, options));
};

export async function list(context: Context, { room, user }: Options): Promise<void> {
  const people = await listPresence(await openAdmin(context), { room, user });
  await context.output.list(PRESENT_COLUMNS, people, { empty: 'Nobody is in a room.' });
}
