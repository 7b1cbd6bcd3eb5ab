import { Option } from 'commander';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { roomHistory } from '../../edge/live.ts';
import type { ChatMessage } from '../../live/protocol.ts';
import type { Column } from '../../output/columns.ts';
import { type Declare, describe } from '../command.ts';
import { openAdmin, parseRoom } from './admin.ts';

interface Flags {
  after?: number;
  limit: number;
}

interface Options extends Flags {
  room: string;
}

const MOST = 1000;

export const MESSAGE_COLUMNS: readonly Column<ChatMessage>[] = [
  { name: 'seq', kind: 'number', startWidth: 6 },
  { name: 'at', kind: 'event_time' },
  { name: 'user', kind: 'text' },
  { name: 'text', kind: 'text' },
  { name: 'client', kind: 'text', machineOnly: true },
  { name: 'n', kind: 'number', machineOnly: true },
];

export const declare: Declare = (noun, run) => {
  noun
    .command('history <room>')
    .summary('what was said')
    .description(
      describe('The last messages of a room, or the first ones after a number.', [
        'goblin rooms history potions',
        'goblin rooms history potions --after 1200 --limit 50',
      ]),
    )
    .addOption(new Option('--after <seq>', 'from the message after this one').argParser(parseSeq))
    .addOption(
      new Option('--limit <n>', `messages, up to ${MOST}`).default(100).argParser(parseLimit),
    )
    .action((room: string, flags: Flags) => run(history, { ...flags, room: parseRoom(room) }));
};

export async function history(context: Context, { room, after, limit }: Options): Promise<void> {
  const query = { after, limit };
  const { messages, pruned } = await roomHistory(await openAdmin(context), room, query);
  if (after !== undefined && pruned > after) {
    await context.log.note(`Messages up to ${pruned} are not kept any more.`);
  }
  await context.output.list(MESSAGE_COLUMNS, messages, { empty: 'No messages.' });
}

function parseSeq(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usageError('bad_number', `"${text}" is not a valid message number`, 'Write it as 1200.');
}

function parseLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MOST) return limit;
  throw usageError('bad_number', `"${text}" is not a valid limit`, `Write 1 to ${MOST}.`);
}
