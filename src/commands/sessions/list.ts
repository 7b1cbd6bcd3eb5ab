import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import { type Orders, sorted, sortOption } from '../../arguments/sort.ts';
import type { Context } from '../../context.ts';
import type { Shown } from '../../output/columns.ts';
import type { SessionRow } from '../../shards/session.ts';
import { parseDuration } from '../../text/durations.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';
import { isFiltered, isReadable, matchingSessions, type SessionFilter } from './filter.ts';
import { type ListedSession, SESSION_COLUMNS, sessionColumns, sessionRow } from './rows.ts';

interface Options extends SessionFilter, FieldsFlag<ListedSession> {
  sort?: string;
  reveal?: true;
}

const ORDERS: Orders<ListedSession> = {
  last_activity: { column: 'last_activity', descending: true },
  expires_at: { column: 'expires_at' },
  user_id: { column: 'user_id' },
};

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('list')
    .summary('sessions that are open')
    .description(
      describe(
        'Sessions that are open, each by a handle that works wherever its token does. The edge notes ' +
          'activity every 5 minutes.',
        [
          'goblin sessions list --user u_42',
          'goblin sessions list --idle 30m --sort last_activity',
          'goblin sessions list --expiring 10m --json',
        ],
      ),
    )
    .option('--user <id>', "one user's")
    .option('--idle <duration>', 'unused for at least that long', parseDuration)
    .option('--expiring <duration>', 'that end within that time', parseDuration)
    .addOption(sortOption(ORDERS))
    .option('--reveal', 'show the tokens');
  addFieldsOption(command, SESSION_COLUMNS).action((options: Options) => run(list, options));
};

/** Lists the sessions that fit. */
export async function list(context: Context, options: Options): Promise<void> {
  const empty = isFiltered(options)
    ? 'No session fits; `goblin sessions list` shows all.'
    : 'No session is open: nobody is logged in. `goblin sessions create --help` tells how to open one.';
  const columns = options.fields ?? sessionColumns(options.reveal);
  await context.output.list(columns, sorted(rows(), ORDERS, options.sort), { empty });

  async function* rows(): AsyncGenerator<Shown<ListedSession>> {
    let ended = 0;
    let unjudged = 0;
    for await (const matches of matchingSessions(context, options)) {
      const open = matches.found.filter(({ row }) => !hasEnded(row, context.now()));
      for (const record of open) yield sessionRow(record, options.reveal);
      ended += matches.found.length - open.length;
      unjudged += matches.unjudged.length;
    }
    if (ended > 0) await context.log.note(endedText(ended));
    if (unjudged > 0) await context.log.warn(unjudgedText(unjudged));
  }
}

/** Whether the edge lets nobody in any more, though KV still holds the session. */
function hasEnded(row: Shown<SessionRow>, now: number): boolean {
  return isReadable(row) && row.expires_at !== undefined && row.expires_at <= now;
}

function endedText(count: number): string {
  const what = plural(count, 'session that has ended is', 'sessions that have ended are');
  return `${what} still stored and not shown; the edge refuses such tokens`;
}

function unjudgedText(count: number): string {
  const what = plural(count, 'session does', 'sessions do');
  return `${what} not tell whether the filter fits; \`goblin sessions list\` shows all`;
}
