import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { readNamed } from '../../kv/records.ts';
import { rateLimit } from '../../shards/ratelimit.ts';
import { type Declare, describe } from '../command.ts';
import { bucketNames, edgePrefix, parseClient } from './clients.ts';
import { BUCKET_COLUMNS, bucketRow } from './rows.ts';

interface Options {
  ip: string;
}

export const declare: Declare = (noun, run) => {
  noun
    .command('show <ip>')
    .summary('one bucket')
    .description(
      describe(
        'The bucket of one address: how many requests it made in this window. IPv6 is counted by network.',
        ['goblin ratelimit show 203.0.113.9', 'goblin ratelimit show 2001:db8:1:2::9'],
      ),
    )
    .action((ip: string) => run(show, { ip: parseClient(ip) }));
};

/** Shows one bucket. @throws {GoblinError} exit 3 where the address has none */
export async function show(context: Context, { ip }: Options): Promise<void> {
  const kv = await context.kv();
  const names = bucketNames(ip, await edgePrefix(context));
  const ids = names.map((name) => ({ ip: name }));
  const [record] = (await readNamed(kv, rateLimit, ids)).found;
  if (record) return context.output.one(BUCKET_COLUMNS, bucketRow(record.row, context.now()));
  throw new GoblinError('notFound', 'no_bucket', `${ip} has no bucket`, {
    hint: 'It made few requests in the last minute; `goblin ratelimit list` shows who made many.',
  });
}
