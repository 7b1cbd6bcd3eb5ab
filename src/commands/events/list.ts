import { addFieldsOption } from '../../arguments/fields.ts';
import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import { type Declare, describe } from '../command.ts';
import { addFilterOptions } from './filters.ts';
import { columnsIn, type EventKind } from './kinds.ts';
import { type EventFlags, find, judge, openQuery, rowOf } from './query.ts';
import { addWindowOptions, windowOf } from './window.ts';

interface Options extends EventFlags {
  count?: number;
  reverse?: true;
}

export function listVerb(kind: EventKind): Declare {
  return (noun, run) => {
    const command = noun
      .command('list')
      .summary('events in order of time')
      .description(
        describe(`Lists ${kind.words[1]} in order of time, the newest last.`, [
          `goblin ${kind.noun} list --since 1h`,
          `goblin ${kind.noun} list -n 50 --ip 203.0.113.0/24`,
          `goblin ${kind.noun} list --since 10m --type ${kind.types[0]} --exit-code`,
        ]),
      );
    addWindowOptions(command, 'all that are kept');
    command
      .option('-n, --count <n>', 'the newest n of them', parseCount)
      .option('-r, --reverse', 'the newest first');
    addFilterOptions(command, kind);
    addFieldsOption(command, kind.columns)
      .option('--exit-code', 'exit 8 if there is any')
      .action((flags: Options) => run((context, options) => list(context, kind, options), flags));
  };
}

/** Lists events. @throws {GoblinError} exit 8 with `--exit-code` where there are any. */
export async function list(context: Context, kind: EventKind, options: Options): Promise<void> {
  const query = await openQuery(context, kind, options);
  const { since, until, count } = options;
  const isWindow = since !== undefined || until !== undefined;
  const window = isWindow ? windowOf(options, query.test.now) : null;
  const events = await find(query, window, count);
  const rows = (options.reverse ? events.reverse() : events).map(rowOf);
  await context.output.list(options.fields ?? columnsIn(context.format, kind), rows, {
    empty: `No ${kind.words[0]} fits. They are kept for ${kept(kind)}.`,
  });
  judge(options, events.length, kind.words);
}

/** "24 hours" or "7 days", or both where the shards differ. */
function kept({ shards }: EventKind): string {
  const hours = shards.map(({ ttl }) => Number(ttl) / 3600);
  return hours.map((count) => (count > 24 ? `${count / 24} days` : `${count} hours`)).join(' or ');
}
