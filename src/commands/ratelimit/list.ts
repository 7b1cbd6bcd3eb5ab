import { addressTest, parseCidr } from '../../arguments/address.ts';
import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import { parseCount } from '../../arguments/parse.ts';
import { type Orders, sorted, sortOption } from '../../arguments/sort.ts';
import type { Context } from '../../context.ts';
import { readShard } from '../../kv/records.ts';
import type { Shown } from '../../output/columns.ts';
import { rateLimit } from '../../shards/ratelimit.ts';
import { plural } from '../../text/plural.ts';
import { type Declare, describe } from '../command.ts';
import { BUCKET_COLUMNS, bucketRow, type ListedBucket } from './rows.ts';

interface Options extends FieldsFlag<ListedBucket> {
  blocked?: true;
  min?: number;
  cidr?: string;
  sort?: string;
  all?: true;
}

const ORDERS: Orders<ListedBucket> = {
  count: { column: 'count', descending: true },
  reset_at: { column: 'reset_at' },
  ip: { column: 'ip' },
};

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('list')
    .summary('buckets that are open now')
    .description(
      describe(
        'Buckets that are open now: who makes many requests, and who is refused. Counts are approximate: ' +
          'each edge counts for itself and adds to the bucket behind the requests. The fullest come first.',
        [
          'goblin ratelimit list',
          'goblin ratelimit list --blocked',
          'goblin ratelimit list --cidr 203.0.113.0/24 --min 50 --json',
        ],
      ),
    )
    .option('--blocked', 'those that are refused now')
    .option('--min <count>', 'those with as many requests', parseCount)
    .option('--cidr <range>', 'those in a range of addresses', parseCidr)
    .option('--all', 'closed windows too, which KV still holds')
    .addOption(sortOption(ORDERS));
  addFieldsOption(command, BUCKET_COLUMNS).action((options: Options) => run(list, options));
};

/** Lists the open buckets that fit, the fullest first, from the list alone where the Worker left metadata. */
export async function list(context: Context, options: Options): Promise<void> {
  const kv = await context.kv();
  const now = context.now();
  const fits = bucketTest(options);
  await context.output.list(
    options.fields ?? BUCKET_COLUMNS,
    sorted(rows(), ORDERS, options.sort ?? 'count'),
    {
      empty: fits
        ? 'No bucket fits; `goblin ratelimit list` shows all.'
        : 'No bucket is open: no address has made many requests in the last minute.',
    },
  );

  async function* rows(): AsyncGenerator<Shown<ListedBucket>> {
    let closed = 0;
    for await (const page of readShard(kv, rateLimit, { now })) {
      const all = page.map(({ row }) => bucketRow(row, now));
      const fitting = fits ? all.filter(fits) : all;
      const shown = options.all ? fitting : fitting.filter((row) => !isClosed(row, now));
      yield* shown;
      closed += fitting.length - shown.length;
    }
    if (closed > 0) await context.log.note(closedText(closed));
  }
}

/** Whether its window is over: the edge counts anew, though KV holds the bucket for a while. */
function isClosed({ reset_at }: Shown<ListedBucket>, now: number): boolean {
  return reset_at != null && reset_at <= now;
}

function closedText(count: number): string {
  const what = plural(count, 'closed window is', 'closed windows are');
  return `${what} not shown; --all shows them`;
}

type Test = (row: Shown<ListedBucket>) => boolean;

/** Which buckets are asked for; null for all. */
function bucketTest({ blocked, min, cidr }: Options): Test | null {
  const tests: Test[] = [];
  if (blocked) tests.push((row) => row.blocked === true);
  if (min !== undefined) tests.push(({ count = 0 }) => count >= min);
  if (cidr !== undefined) {
    const isWithin = addressTest([cidr]);
    tests.push(({ ip }) => ip !== undefined && isWithin(ip));
  }
  return tests.length === 0 ? null : (row) => tests.every((test) => test(row));
}
