import type { Context } from '../../context.ts';
import { describeRoom, exportRoom, isUsed } from '../../edge/live.ts';
import { type Declare, describe } from '../command.ts';
import { openAdmin, parseRoom } from './admin.ts';
import { noRoom } from './show.ts';

export const declare: Declare = (noun, run) => {
  noun
    .command('export <room>')
    .summary('all that a room holds, as JSON')
    .description(
      describe(
        'Prints messages, document and description of a room as one JSON object; times are milliseconds since 1970.',
        ['goblin rooms export potions > potions.json'],
      ),
    )
    .action((room: string) => run(exportAll, { room: parseRoom(room) }));
};

/** Prints a room. @throws {GoblinError} exit 3 where nobody ever used it */
async function exportAll(context: Context, { room }: { room: string }): Promise<void> {
  const admin = await openAdmin(context);
  if (!isUsed(await describeRoom(admin, room))) throw noRoom(room);
  const whole = await exportRoom(admin, room);
  await context.output.raw(new TextEncoder().encode(`${JSON.stringify(whole, null, 2)}\n`));
}
