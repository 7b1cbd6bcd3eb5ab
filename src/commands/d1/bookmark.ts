import type { Context } from '../../context.ts';
import type { Column } from '../../output/columns.ts';
import { parseInstant } from '../../text/durations.ts';
import { type Declare, describe } from '../command.ts';

interface Options {
  at?: string;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('bookmark')
    .summary('the bookmark of Time Travel, now or at a time')
    .description(
      describe(
        'Prints the bookmark by which `wrangler d1 time-travel restore` finds a moment again. Cloudflare keeps 30 ' +
          'days, 7 on the free plan. The local engine names moments and cannot go back to them.',
        [
          'goblin d1 bookmark',
          'goblin d1 bookmark --at 2026-11-24T10:00:00Z',
          'goblin d1 bookmark --at 2h',
        ],
      ),
    )
    .option('--at <time>', 'at a time, or so long ago (2h)')
    .action((options: Options) => run(bookmark, options));
};

interface Row {
  bookmark: string;
  at: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { name: 'bookmark', kind: 'text', role: 'identifier' },
  { name: 'at', kind: 'event_time' },
];

export async function bookmark(context: Context, options: Options): Promise<void> {
  const now = context.now();
  const at = options.at === undefined ? undefined : parseInstant(options.at, now);
  const database = await context.database();
  await context.output.one(COLUMNS, { bookmark: await database.bookmark(at), at: at ?? now });
}
