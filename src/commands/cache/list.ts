import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import { type Orders, sorted, sortOption } from '../../arguments/sort.ts';
import type { Context } from '../../context.ts';
import { readShard } from '../../kv/records.ts';
import type { Shown } from '../../output/columns.ts';
import { type CacheRow, cache } from '../../shards/cache.ts';
import { type Declare, describe } from '../command.ts';
import { CACHE_COLUMNS } from './rows.ts';

interface Options extends FieldsFlag<CacheRow> {
  sort?: string;
}

const ORDERS: Orders<CacheRow> = {
  age: { column: 'cached_at' },
  size: { column: 'size', descending: true },
  path: { column: 'path' },
};

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('list')
    .summary('responses that are kept')
    .description(
      describe('Responses that the edge keeps: of what, how large, since when.', [
        'goblin cache list',
        'goblin cache list --sort size',
        'goblin cache list --json | jq -r .[].path',
      ]),
    )
    .addOption(sortOption(ORDERS));
  addFieldsOption(command, CACHE_COLUMNS).action((options: Options) => run(list, options));
};

/** Lists the cached responses, from the list alone where the Worker left metadata. */
export async function list(context: Context, { sort, fields }: Options): Promise<void> {
  const kv = await context.kv();
  await context.output.list(fields ?? CACHE_COLUMNS, sorted(rows(), ORDERS, sort), {
    empty:
      'Nothing is cached: no GET of /health, /models, /providers or /settings in the last 5 minutes.',
  });

  async function* rows(): AsyncGenerator<Shown<CacheRow>> {
    for await (const page of readShard(kv, cache, { now: context.now() })) {
      for (const { row } of page) yield row;
    }
  }
}
