import { addressTest, parseCidr } from '../../arguments/address.ts';
import { namedWords, requireOneWay } from '../../arguments/named.ts';
import type { Context } from '../../context.ts';
import { listShard } from '../../kv/listed.ts';
import { type NamedRecords, readNamed } from '../../kv/records.ts';
import type { Column } from '../../output/columns.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import { deleteKeys } from '../../plan/step.ts';
import { type BucketRow, rateLimit } from '../../shards/ratelimit.ts';
import { type Declare, describe } from '../command.ts';
import { bucketNames, edgePrefix, parseClient } from './clients.ts';
import type { BucketRecord } from './rows.ts';

interface Flags extends PlanFlags {
  cidr?: string;
  all?: true;
}

interface Options extends Flags {
  /** As they were typed: `-` stands for stdin. */
  ips: readonly string[];
}

type Chosen = NamedRecords<{ ip: string }, BucketRow>;

const COLUMNS: readonly Column<BucketRow>[] = [
  { name: 'ip', kind: 'text', role: 'identifier' },
  { name: 'count', kind: 'number' },
];

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('reset [ip...]')
    .summary('let addresses through again')
    .description(
      describe(
        'Deletes the buckets of addresses, so that their requests pass again, within 30 s everywhere. An ' +
          'IPv6 address stands for its network, which is what is counted; - takes addresses from stdin, ' +
          'one a line.',
        [
          'goblin ratelimit reset 203.0.113.9',
          'goblin ratelimit reset 203.0.113.9 2001:db8::1 --yes',
          'goblin ratelimit reset --cidr 203.0.113.0/24 --dry-run',
        ],
      ),
    )
    .option('--cidr <range>', 'those in a range of addresses', parseCidr)
    .option('--all', 'all of them')
    .action((words: string[], flags: Flags) => {
      const ips = words.map((word) => (word === '-' ? word : parseClient(word)));
      return run(reset, { ...flags, ips });
    });
  addPlanOptions(command);
};

/** Deletes the buckets of the addresses that have one. */
export async function reset(context: Context, options: Options): Promise<void> {
  const { ips, cidr, all = false } = options;
  requireOneWay({ '<ip…>': ips.length > 0, '--cidr': cidr !== undefined, '--all': all });
  const { found, absent } =
    ips.length > 0 ? await named(context, ips) : await listed(context, cidr);
  await carryOut(
    context,
    {
      verb: ['reset', 'reset'],
      noun: ['bucket', 'buckets'],
      columns: COLUMNS,
      steps: [deleteKeys(await context.kv(), found)],
      absent,
    },
    options,
  );
}

async function named(context: Context, words: readonly string[]): Promise<Chosen> {
  const clients = (await namedWords(context.io.stdin, words)).map(parseClient);
  const prefix = await edgePrefix(context);
  const namesOf = new Map(clients.map((ip) => [ip, bucketNames(ip, prefix)]));
  const names = new Set([...namesOf.values()].flat());
  const { found } = await readNamed(
    await context.kv(),
    rateLimit,
    [...names].map((ip) => ({ ip })),
  );
  const there = new Set(found.map(({ id }) => id?.ip));
  const isAbsent = (ip: string) => !namesOf.get(ip)?.some((name) => there.has(name));
  return { found, absent: [...namesOf.keys()].filter(isAbsent).map((ip) => ({ ip })) };
}

async function listed(context: Context, cidr: string | undefined): Promise<Chosen> {
  const isWithin = cidr === undefined ? () => true : addressTest([cidr]);
  const found: BucketRecord[] = [];
  for await (const record of listShard(await context.kv(), rateLimit, { now: context.now() })) {
    if (isWithin(record.id.ip)) found.push(record);
  }
  return { found, absent: [] };
}
