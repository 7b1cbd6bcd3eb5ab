import { type Orders, sorted, sortOption } from '../../arguments/sort.ts';
import type { Context } from '../../context.ts';
import { readShard } from '../../kv/records.ts';
import { conversation } from '../../shards/conversation.ts';
import type { Row } from '../../shards/shard.ts';
import { type Declare, describe } from '../command.ts';
import { discreet, isHidden } from './privacy.ts';

interface Options {
  sort?: string;
  reveal?: true;
}

const ORDERS: Orders = {
  last_updated: { column: 'last_updated', descending: true },
  messages: { column: 'messages', descending: true },
  user_id: { column: 'user_id' },
};

export const declare: Declare = (noun, run) => {
  noun
    .command('list')
    .summary('whose conversations are kept')
    .description(
      describe('Whose conversations are kept, how many messages of each, and until when.', [
        'goblin conversations list --sort last_updated',
        'goblin conversations list --json',
      ]),
    )
    .addOption(sortOption(ORDERS))
    .option('--reveal', 'show on a terminal, too, what cannot be read')
    .action((options: Options) => run(list, options));
};

/** Lists the conversations, from the list alone where the Worker left metadata. */
export async function list(context: Context, { sort, reveal }: Options): Promise<void> {
  const kv = await context.kv();
  const hidden = isHidden(context, reveal);
  await context.output.list(conversation.columns, sorted(rows(), ORDERS, sort), {
    empty: 'No conversation is kept: nobody has chatted in the last hour.',
  });

  async function* rows(): AsyncGenerator<Row> {
    for await (const page of readShard(kv, conversation, { now: context.now() })) {
      for (const { row } of page) yield hidden ? discreet(row) : row;
    }
  }
}
