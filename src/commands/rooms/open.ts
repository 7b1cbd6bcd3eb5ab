import type { Context } from '../../context.ts';
import { describeRoom, isUsed, openRoom } from '../../edge/live.ts';
import { changing } from '../../plan/audit.ts';
import { type Declare, describe } from '../command.ts';
import { openAdmin, parseRoom } from './admin.ts';
import { noRoom } from './show.ts';

export const declare: Declare = (noun, run) => {
  noun
    .command('open <room>')
    .summary('open a room that was closed')
    .description(
      describe('Lets everybody into a closed room again.', ['goblin rooms open potions']),
    )
    .action((room: string) => run(open, { room: parseRoom(room) }));
};

/** Opens a room. @throws {GoblinError} exit 3 where nobody ever used it */
export async function open(context: Context, { room }: { room: string }): Promise<void> {
  const admin = await openAdmin(context);
  const found = await describeRoom(admin, room);
  if (!isUsed(found)) throw noRoom(room);
  context.refuseReadOnly(`cannot open ${room}`);
  await changing(context, { target: room }, () => openRoom(admin, room));
  await context.log.note(found.closed ? `${room} is open again.` : `${room} was open already.`);
}
