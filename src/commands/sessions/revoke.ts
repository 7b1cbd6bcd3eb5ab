import { requireOneWay } from '../../arguments/named.ts';
import type { Context } from '../../context.ts';
import { listShard } from '../../kv/listed.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { addPlanOptions, carryOut, type PlanFlags, type Unjudged } from '../../plan/plan.ts';
import { deleteKeys, reportOf, type Step } from '../../plan/step.ts';
import { BULK_KEYS, BULK_READ_KEYS } from '../../shards/kv-limits.ts';
import { session } from '../../shards/session.ts';
import { parseDuration } from '../../text/durations.ts';
import { type Declare, describe } from '../command.ts';
import { isFiltered, matchingSessions } from './filter.ts';
import { type FoundSessions, findSessions } from './find.ts';
import { deleteForGood } from './for-good.ts';
import { type ListedSession, SESSION_COLUMNS, type SessionRecord, sessionRow } from './rows.ts';

interface Flags extends PlanFlags {
  user?: string;
  /** Milliseconds. */
  idle?: number;
  all?: true;
  verify?: true;
}

interface Options extends Flags {
  names: readonly string[];
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('revoke [session...]')
    .summary('end sessions')
    .description(
      describe(
        'Ends sessions, named by handles or tokens (- takes them from stdin, one a line) or chosen by ' +
          'options. An edge may accept a revoked token for 30 s more, and may write back a session that was ' +
          'in use at that moment; --verify looks again and deletes that too.',
        [
          'goblin sessions revoke s_9f2c41ab07',
          'goblin sessions revoke --user u_42 --yes',
          'goblin sessions revoke --idle 30m --dry-run',
          'cat leaked-tokens | goblin sessions revoke - --yes --verify',
        ],
      ),
    )
    .option('--user <id>', 'all of one user')
    .option('--idle <duration>', 'those unused for at least that long', parseDuration)
    .option('--all', 'all of everybody')
    .option('--verify', 'look again after 35 s, and delete what an edge wrote back')
    .action((names: string[], flags: Flags) => run(revoke, { ...flags, names }));
  addPlanOptions(command);
};

/** Deletes the sessions that are named or fit. */
export async function revoke(context: Context, options: Options): Promise<void> {
  requireOneWay({
    '<session…>': options.names.length > 0,
    '--user/--idle': isFiltered({ user: options.user, idle: options.idle }),
    '--all': options.all === true,
  });
  const { found, absent, unjudged } = await chosen(context, options);
  const kv = await context.kv();
  const records = found.map((record) => ({ key: record.key, row: sessionRow(record) }));
  const deletion = deleteKeys(kv, records);
  await carryOut(
    context,
    {
      verb: ['revoke', 'revoked'],
      noun: ['session', 'sessions'],
      columns: SESSION_COLUMNS,
      steps: [options.verify ? verified(context, kv, deletion) : deletion],
      absent,
      unjudged: unjudged.map(unjudgedRow),
      ...(options.all && { severe: 'all sessions' }),
    },
    options,
  );
}

/** The deletion, and a second look at what it deleted: that costs a read of each as well. */
function verified(
  context: Context,
  kv: KvStore,
  { changes }: Step<ListedSession>,
): Step<ListedSession> {
  const keys = changes.map(({ id }) => id);
  const requests = Math.ceil(keys.length / BULK_KEYS) + Math.ceil(keys.length / BULK_READ_KEYS);
  return {
    changes,
    cost: { requests, 'kv.delete': keys.length, 'kv.read': keys.length },
    apply: async (options) => reportOf(await deleteForGood(context, kv, keys, options)),
  };
}

interface Chosen extends FoundSessions {
  /** There, but nobody can tell whether they are meant. */
  unjudged: SessionRecord[];
}

async function chosen(context: Context, options: Options): Promise<Chosen> {
  if (options.names.length > 0) {
    return { ...(await findSessions(context, options.names)), unjudged: [] };
  }
  const found: SessionRecord[] = [];
  const unjudged: SessionRecord[] = [];
  if (options.all) {
    const everybodys = listShard(await context.kv(), session, { now: context.now() });
    for await (const record of everybodys) found.push(record);
  } else {
    for await (const matches of matchingSessions(context, options)) {
      found.push(...matches.found);
      unjudged.push(...matches.unjudged);
    }
  }
  return { found, absent: [], unjudged };
}

/** A session that is left alone, by its handle. */
function unjudgedRow(record: SessionRecord): Unjudged<ListedSession> {
  const row = sessionRow(record);
  const problem = row.problem ?? 'nobody noted when it was used';
  return { name: row.handle ?? record.key, row: { ...row, problem } };
}
