import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import { type Orders, sorted, sortOption } from '../../arguments/sort.ts';
import type { Context } from '../../context.ts';
import { readShard } from '../../kv/records.ts';
import type { Shown } from '../../output/columns.ts';
import { type ConversationRow, conversation } from '../../shards/conversation.ts';
import { type Declare, describe } from '../command.ts';
import { discreet, isHidden } from './privacy.ts';
import { CONVERSATION_COLUMNS } from './rows.ts';

interface Options extends FieldsFlag<ConversationRow> {
  sort?: string;
  reveal?: true;
}

const ORDERS: Orders<ConversationRow> = {
  last_updated: { column: 'last_updated', descending: true },
  messages: { column: 'messages', descending: true },
  user_id: { column: 'user_id' },
};

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('list')
    .summary('whose conversations are kept')
    .description(
      describe('Whose conversations are kept, how many messages of each, and until when.', [
        'goblin conversations list --sort last_updated',
        'goblin conversations list --json',
      ]),
    )
    .addOption(sortOption(ORDERS))
    .option('--reveal', 'show on a terminal, too, what cannot be read');
  addFieldsOption(command, CONVERSATION_COLUMNS).action((options: Options) => run(list, options));
};

/** Lists the conversations, from the list alone where the Worker left metadata. */
export async function list(context: Context, { sort, reveal, fields }: Options): Promise<void> {
  const kv = await context.kv();
  const hidden = isHidden(context, reveal);
  await context.output.list(fields ?? CONVERSATION_COLUMNS, sorted(rows(), ORDERS, sort), {
    empty: 'No conversation is kept: nobody has chatted in the last hour.',
  });

  async function* rows(): AsyncGenerator<Shown<ConversationRow>> {
    for await (const page of readShard(kv, conversation, { now: context.now() })) {
      for (const { row } of page) yield hidden ? discreet(row) : row;
    }
  }
}
