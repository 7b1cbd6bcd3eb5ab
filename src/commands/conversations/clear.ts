import { namedWords, requireOneWay } from '../../arguments/named.ts';
import type { Context } from '../../context.ts';
import { listShard } from '../../kv/listed.ts';
import { type NamedRecords, readNamed } from '../../kv/records.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import { deleteKeys } from '../../plan/step.ts';
import { type ConversationRow, conversation } from '../../shards/conversation.ts';
import { type Declare, describe } from '../command.ts';
import { CONVERSATION_COLUMNS, type ConversationRecord } from './rows.ts';

interface Flags extends PlanFlags {
  all?: true;
}

interface Options extends Flags {
  users: readonly string[];
}

type Chosen = NamedRecords<{ user_id: string }, ConversationRow>;

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('clear [user...]')
    .summary('forget what users said')
    .description(
      describe('Deletes the conversations of users; - takes their ids from stdin, one a line.', [
        'goblin conversations clear u_42',
        'goblin conversations clear u_42 u_43 --yes',
        'goblin conversations clear --all --dry-run',
      ]),
    )
    .option('--all', 'of everybody')
    .action((users: string[], flags: Flags) => run(clear, { ...flags, users }));
  addPlanOptions(command);
};

/** Deletes the conversations of the users that have one. */
export async function clear(context: Context, options: Options): Promise<void> {
  const { users, all = false } = options;
  requireOneWay({ '<user…>': users.length > 0, '--all': all });
  const { found, absent } = all ? await everybodys(context) : await theirs(context, users);
  await carryOut(
    context,
    {
      verb: ['clear', 'cleared'],
      noun: ['conversation', 'conversations'],
      columns: CONVERSATION_COLUMNS.filter(({ name }) => name !== 'expires_at'),
      steps: [deleteKeys(await context.kv(), found.map(withoutQuote))],
      absent,
      ...(all && { severe: 'all conversations' }),
    },
    options,
  );
}

/** `problem` would quote what was said. */
function withoutQuote({ key, row: { problem: _, ...row } }: Chosen['found'][number]) {
  return { key, row };
}

async function everybodys(context: Context): Promise<Chosen> {
  const found: ConversationRecord[] = [];
  const kv = await context.kv();
  for await (const record of listShard(kv, conversation, { now: context.now() })) {
    found.push(record);
  }
  return { found, absent: [] };
}

async function theirs(context: Context, words: readonly string[]): Promise<Chosen> {
  const users = await namedWords(context.io.stdin, words);
  return readNamed(
    await context.kv(),
    conversation,
    users.map((user_id) => ({ user_id })),
  );
}
