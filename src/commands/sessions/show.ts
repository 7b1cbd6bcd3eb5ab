import type { Context } from '../../context.ts';
import { GoblinError, usageError } from '../../contract/errors.ts';
import { readNamed } from '../../kv/records.ts';
import { session } from '../../shards/session.ts';
import { type Declare, describe } from '../command.ts';
import { findSessions } from './find.ts';
import { sessionColumns, sessionRow } from './rows.ts';

interface Options {
  name: string;
  reveal?: true;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('show <session>')
    .summary('one session')
    .description(
      describe('One session, by its handle or its token; - takes either from stdin.', [
        'goblin sessions show s_9f2c41ab07',
        'pbpaste | goblin sessions show -',
      ]),
    )
    .option('--reveal', 'show the token')
    .action((name: string, flags: { reveal?: true }) => run(show, { ...flags, name }));
};

/** Shows one session as its value has it. @throws {GoblinError} exit 3 where there is none */
export async function show(context: Context, { name, reveal }: Options): Promise<void> {
  const { found, absent } = await findSessions(context, [name]);
  const count = found.length + absent.length;
  if (count !== 1) {
    throw usageError('not_one_session', `stdin names ${count} sessions`, 'Give one line.');
  }
  const id = found[0]?.id;
  // A handle was found in the list, and the edge goes by the value.
  const [record] = id ? (await readNamed(await context.kv(), session, [id])).found : [];
  if (record) return context.output.one(sessionColumns(reveal), sessionRow(record, reveal));
  throw new GoblinError('notFound', 'no_session', 'there is no such session', {
    hint: 'It may have ended; `goblin sessions list` shows the open ones.',
  });
}
