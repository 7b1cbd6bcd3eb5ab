import { randomUUID } from 'node:crypto';
import type { Context } from '../../context.ts';
import { unconfirmed, usageError } from '../../contract/errors.ts';
import { say as sayIn } from '../../edge/live.ts';
import { MAX_TEXT } from '../../live/protocol.ts';
import type { Column } from '../../output/columns.ts';
import { changing } from '../../plan/audit.ts';
import { type Declare, describe } from '../command.ts';
import { openAdmin, parseRoom, parseUser } from './admin.ts';

interface Flags {
  as?: string;
}

interface Options extends Flags {
  room: string;
  text: string;
}

interface Said {
  room: string;
  seq: number;
  text: string;
}

const COLUMNS: readonly Column<Said>[] = [
  { name: 'room', kind: 'text', role: 'identifier' },
  { name: 'seq', kind: 'number' },
  { name: 'text', kind: 'text' },
];

export const declare: Declare = (noun, run) => {
  noun
    .command('say <room> <text...>')
    .summary('say something to everybody in a room')
    .description(
      describe('Stores a message in a room and shows it to everybody there, once.', [
        'goblin rooms say potions The kitchen closes in ten minutes.',
        'goblin rooms say potions "Welcome back" --as host',
      ]),
    )
    .option('--as <user>', 'the author; `operator` where it is left out', parseUser)
    .action((room: string, words: string[], flags: Flags) =>
      run(say, { ...flags, room: parseRoom(room), text: parseText(words.join(' ')) }),
    );
};

export async function say(context: Context, { room, text, as }: Options): Promise<void> {
  const admin = await openAdmin(context);
  context.refuseReadOnly(`cannot speak in ${room}`);
  const body = { text, user_id: as, client: `goblin-${randomUUID()}` };
  const seq = await changing(context, { target: room, details: { as } }, () =>
    sayIn(admin, room, body).catch((error) => {
      throw unconfirmed(error);
    }),
  );
  await context.output.one(COLUMNS, { room, seq, text });
}

function parseText(text: string): string {
  const isValid = text.trim() !== '' && text.length <= MAX_TEXT && !text.includes('\0');
  if (isValid && text.isWellFormed()) return text;
  const hint = `A message has 1 to ${MAX_TEXT} characters.`;
  throw usageError('bad_text', 'this is not a valid message', hint);
}
