import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import { interrupted } from '../../contract/errors.ts';
import type { AuditRow } from '../../tables/audit.ts';
import { parseDuration } from '../../text/durations.ts';
import { type Declare, describe } from '../command.ts';
import { actorFilter } from './list.ts';
import { AUDIT_COLUMNS, type AuditFlags, addAuditFilters, auditRows, filterOf } from './query.ts';

interface Options extends AuditFlags {
  count: number;
  follow?: boolean;
  /** Milliseconds. */
  timeout?: number;
  max?: number;
}

const ROWS = 10;
/** Between two looks. Each reads a row or two where nothing is new. */
const PAUSE_MS = 2_000;

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('tail')
    .summary('the last changes, then new ones as they come')
    .description(
      describe(
        'Shows the last changes, the newest last, and on a terminal goes on with new ones.',
        ['goblin audit tail', 'goblin audit tail -f --action flags.set --timeout 5m -o ndjson'],
      ),
    )
    .option('-n, --count <n>', 'begin with the newest n', parseCount, ROWS)
    .option('-f, --follow', 'go on with new entries (on a terminal)')
    .option('--no-follow', 'end after what is there')
    .option('--timeout <duration>', 'end after that long', parseDuration)
    .option('--max <n>', 'end after n entries', parseCount);
  addAuditFilters(command).action((flags: Options) => run(tail, flags));
};

/** Shows entries in order of time, each once. @throws {GoblinError} exit 130 on Ctrl-C */
export async function tail(context: Context, options: Options): Promise<void> {
  const follows = options.follow ?? context.io.stdout.isTTY;
  if (follows) context.shareEngine();
  await context.output.stream(AUDIT_COLUMNS, entries(context, options, follows));
  if (context.signal.aborted) throw interrupted();
}

async function* entries(
  context: Context,
  options: Options,
  follows: boolean,
): AsyncGenerator<AuditRow> {
  const filter = filterOf({ ...options, ...actorFilter(context) }, context.now());
  const database = await context.database();
  const end = context.now() + (options.timeout ?? Number.POSITIVE_INFINITY);
  let left = options.max ?? Number.POSITIVE_INFINITY;
  let after = 0;
  const history: AuditRow[] = [];
  for await (const row of auditRows(database, { ...filter, limit: options.count })) {
    history.unshift(row);
  }
  for (const row of history) {
    if (left-- <= 0) return;
    after = row.id;
    yield row;
  }
  while (follows && left > 0 && context.now() < end) {
    await context.sleep(PAUSE_MS, context.signal);
    if (context.signal.aborted) return;
    const news = { ...filter, limit: Number.MAX_SAFE_INTEGER, after };
    for await (const row of auditRows(database, news)) {
      if (left-- <= 0) return;
      after = row.id;
      yield row;
    }
  }
}
