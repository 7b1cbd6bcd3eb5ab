import type { Context } from '../../context.ts';
import { rateLimit } from '../../shards/ratelimit.ts';
import { readShard } from '../../stores/records.ts';
import { type Declare, describe } from '../command.ts';

export const declare: Declare = (noun, run) => {
  noun
    .command('list')
    .summary('buckets that are open now')
    .description(describe('Buckets that are open now.', ['goblin ratelimit list']))
    .action(() => run(list, {}));
};

/** Lists the buckets, from the list alone where the Worker left metadata. */
export async function list(context: Context): Promise<void> {
  const kv = await context.kv();
  await context.output.list(rateLimit.columns, rows(), {
    empty: 'No bucket is open: no address has made requests in the last minute.',
  });

  async function* rows() {
    for await (const page of readShard(kv, rateLimit, { now: context.now() })) {
      yield* page.map(({ row }) => row);
    }
  }
}
