import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { decodeValue } from '../../kv/records.ts';
import type { Column } from '../../output/columns.ts';
import { conversation, conversationKey } from '../../shards/conversation.ts';
import { type Declare, describe } from '../command.ts';
import { isHidden } from './privacy.ts';

interface MessageRow {
  timestamp: number;
  /** Characters that are kept of it. */
  length: number;
  /** Null where it is hidden. */
  preview: string | null;
}

interface Options extends FieldsFlag<MessageRow> {
  user: string;
  reveal?: true;
}

const COLUMNS: readonly Column<MessageRow>[] = [
  { name: 'timestamp', kind: 'event_time' },
  { name: 'length', kind: 'number' },
  { name: 'preview', kind: 'text' },
];

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('show <user>')
    .summary("a user's last messages")
    .description(
      describe(
        "A user's last messages, the oldest first: when, how many characters of it are kept, and those. " +
          'On a terminal they are hidden until --reveal; a pipe gets them.',
        ['goblin conversations show u_42', 'goblin conversations show u_42 --reveal'],
      ),
    )
    .option('--reveal', 'show on a terminal, too, what was said');
  addFieldsOption(command, COLUMNS).action((user: string, flags: Omit<Options, 'user'>) =>
    run(show, { ...flags, user }),
  );
};

/**
 * Lists the messages of one conversation.
 * @throws {GoblinError} exit 3 where there is none, 1 where its value cannot be read
 */
export async function show(context: Context, { user, reveal, fields }: Options): Promise<void> {
  const kv = await context.kv();
  const key = conversationKey.format({ user_id: user });
  const entry = (await kv.getMany([key])).get(key);
  if (!entry) {
    throw new GoblinError('notFound', 'no_conversation', `${user} has no conversation`, {
      hint: 'It is kept for an hour after the last message; `goblin conversations list` shows whose are.',
    });
  }
  const hidden = isHidden(context, reveal);
  const read = decodeValue(conversation, entry.value);
  if (read.value === null) throw unreadable(key, hidden ? '' : `: ${read.problem}`);
  if (read.problem !== undefined) await warnOfRest(context, hidden ? null : read.problem);
  if (hidden) await context.log.note('What was said is hidden on a terminal; --reveal shows it.');
  await context.output.list<MessageRow>(
    fields ?? COLUMNS,
    read.value.messages.map(({ timestamp, preview }) => ({
      timestamp,
      length: preview.length,
      preview: hidden ? null : preview,
    })),
    { empty: 'The conversation has no messages.' },
  );
}

/** Says that messages are missing; what is wrong quotes them, and so is told only where they may be seen. */
async function warnOfRest({ log }: Context, problem: string | null): Promise<void> {
  await log.warn(problem ?? 'some messages cannot be read');
}

function unreadable(key: string, why: string): GoblinError {
  return new GoblinError('failed', 'bad_value', `the conversation cannot be read${why}`, {
    hint: `\`goblin kv get '${key}'\` prints what is stored.`,
  });
}
