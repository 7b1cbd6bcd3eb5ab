import { addressTest, parseCidr } from '../../arguments/address.ts';
import { namedWords, requireOneWay } from '../../arguments/named.ts';
import type { Context } from '../../context.ts';
import { resetLimit, showLimit } from '../../edge/live.ts';
import { listShard } from '../../kv/listed.ts';
import type { KvStore } from '../../kv/namespace.ts';
import { type NamedRecords, readNamed } from '../../kv/records.ts';
import type { Column } from '../../output/columns.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import { deleteKeys, type Step } from '../../plan/step.ts';
import { type BucketRow, rateLimit } from '../../shards/ratelimit.ts';
import { type Declare, describe } from '../command.ts';
import { liveStep } from '../rooms/live-step.ts';
import { bucketNames, edgePrefix, parseClient } from './clients.ts';
import { isNamespaceNamed, isOpen, limitRow, openLimiter } from './limiter.ts';
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
        'Deletes the buckets of addresses, so that their requests pass again, within 30 s everywhere; ' +
          'the rate limiter is reset with them where the edge and its admin token are known. An ' +
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
  const chosen = ips.length > 0 ? await named(context, ips) : await listed(context, cidr);
  const { steps, absent } = await withLimiter(context, chosen);
  await carryOut(
    context,
    {
      verb: ['reset', 'reset'],
      noun: ['bucket', 'buckets'],
      columns: COLUMNS,
      steps,
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

/** Buckets that are reset at the limiter, a request each; more of them are deleted in KV, which it follows. */
const AT_LIMITER = 500;

/** The steps for what was chosen: at the limiter, which deletes its mirror, too, and in KV for what it does not name. */
async function withLimiter(context: Context, { found, absent }: Chosen) {
  const kv = await context.kv();
  const inKv = { steps: [deleteKeys(kv, found)], absent };
  const current = found.filter(({ id }) => isClient(id?.ip));
  const [probe = absent[0]?.ip] = current.map(({ id }) => id?.ip);
  if (probe === undefined) return inKv;
  const limiter = await openLimiter(context, probe);
  if (!limiter) return inKv;
  if (current.length > AT_LIMITER) {
    await context.log.note(
      `More than ${AT_LIMITER} buckets: they are deleted in KV, and the rate limiter follows.`,
    );
    return inKv;
  }
  // A client with few requests has no mirror yet.
  const states = await Promise.all(
    absent.map(async (row) => ({ row, state: await showLimit(limiter.admin, row.ip ?? '') })),
  );
  const unmirrored = states.filter(({ state }) => isOpen(state)).map(({ state }) => state);
  const changes = [
    ...current.map(({ id, row }) => ({ id: id?.ip ?? '', row })),
    ...unmirrored.map((state) => ({ id: state.client, row: limitRow(state) })),
  ];
  const others = found.filter(({ id }) => !isClient(id?.ip));
  const atLimiter = liveStep(changes, (ip) => resetLimit(limiter.admin, ip));
  const keys = new Map(current.map(({ id, key }) => [id?.ip ?? '', key]));
  return {
    steps: [
      (await isNamespaceNamed(context)) ? alsoInKv(atLimiter, kv, keys) : atLimiter,
      ...(others.length > 0 ? [deleteKeys(kv, others)] : []),
    ],
    absent: states.filter(({ state }) => !isOpen(state)).map(({ row }) => row),
  };
}

/** The limiter deletes its own mirror; the namespace that was named may be another. */
function alsoInKv(
  step: Step<BucketRow>,
  kv: KvStore,
  keys: ReadonlyMap<string, string>,
): Step<BucketRow> {
  return {
    ...step,
    cost: { ...step.cost, 'kv.delete': keys.size },
    async apply(options) {
      const report = await step.apply(options);
      const outcomes = new Map(report.outcomes);
      const reset = [...keys].filter(([ip]) => outcomes.get(ip) === 'done');
      const deleted = await kv.deleteMany(
        reset.map(([, key]) => key),
        options,
      );
      const done = new Set(deleted.done);
      for (const [ip, key] of reset) if (!done.has(key)) outcomes.set(ip, 'failed');
      return { outcomes, stopped: report.stopped ?? deleted.stopped };
    },
  };
}

/** Whether a bucket's name is one that the limiter uses; older Workers named IPv6 addresses by themselves. */
function isClient(ip = ''): boolean {
  if (ip.includes(':') && !ip.includes('/')) return false;
  try {
    return parseClient(ip) === ip;
  } catch {
    return false;
  }
}
