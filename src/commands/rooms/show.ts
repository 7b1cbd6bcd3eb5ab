import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { describeRoom, isUsed } from '../../edge/live.ts';
import type { RoomDescription } from '../../live/rpc.ts';
import type { Column } from '../../output/columns.ts';
import { type Declare, describe } from '../command.ts';
import { openAdmin, parseRoom } from './admin.ts';

interface RoomRow {
  room: string;
  closed: boolean;
  people: number;
  /** Those people by their ids. */
  users: string[];
  sockets: number;
  messages: number;
  last_seq: number;
  oldest_at: number | null;
  newest_at: number | null;
  doc_fields: number;
  doc_version: number;
  bytes: number;
  epoch: string | null;
}

const COLUMNS: readonly Column<RoomRow>[] = [
  { name: 'room', kind: 'text', role: 'identifier' },
  { name: 'closed', kind: 'boolean', tone: (closed) => (closed ? 'bad' : 'quiet') },
  { name: 'people', kind: 'number' },
  { name: 'users', kind: 'json' },
  { name: 'sockets', kind: 'number' },
  { name: 'messages', kind: 'number' },
  { name: 'last_seq', kind: 'number' },
  { name: 'oldest_at', kind: 'time' },
  { name: 'newest_at', kind: 'time' },
  { name: 'doc_fields', kind: 'number' },
  { name: 'doc_version', kind: 'number' },
  { name: 'bytes', kind: 'bytes' },
  { name: 'epoch', kind: 'text', machineOnly: true },
];

export const declare: Declare = (noun, run) => {
  noun
    .command('show <room>')
    .summary('one room: people, messages, document')
    .description(describe('What a room holds and who is in it.', ['goblin rooms show potions']))
    .action((room: string) => run(show, { room: parseRoom(room) }));
};

/** Shows a room. @throws {GoblinError} exit 3 where nobody ever used it */
export async function show(context: Context, { room }: { room: string }): Promise<void> {
  const found = await describeRoom(await openAdmin(context), room);
  if (!isUsed(found)) throw noRoom(room);
  await context.output.one(COLUMNS, rowOf(found));
}

function rowOf({ people, seq, doc, ...rest }: RoomDescription): RoomRow {
  return {
    ...rest,
    people: people.length,
    users: people.map(({ user }) => user),
    last_seq: seq,
    doc_fields: doc.fields,
    doc_version: doc.rev,
  };
}

export function noRoom(room: string): GoblinError {
  return new GoblinError('notFound', 'no_room', `nobody has used the room ${room}`, {
    hint: '`goblin rooms list` shows those that were used.',
  });
}
