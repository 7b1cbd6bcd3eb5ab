import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { blockLimit } from '../../edge/live.ts';
import { recordOf } from '../../kv/records.ts';
import type { Shown } from '../../output/columns.ts';
import { duration } from '../../output/time.ts';
import { changing } from '../../plan/audit.ts';
import type { KvEntry } from '../../shards/kv-key.ts';
import {
  encodeBucket,
  RATE_LIMIT,
  RATE_LIMIT_TTL,
  rateLimit,
  rateLimitKey,
} from '../../shards/ratelimit.ts';
import { parseDuration } from '../../text/durations.ts';
import { type Declare, describe } from '../command.ts';
import { bucketNames, edgePrefix, parseClient } from './clients.ts';
import { isNamespaceNamed, type Limiter, limitRow, openLimiter } from './limiter.ts';
import { BUCKET_COLUMNS, bucketRow, type ListedBucket } from './rows.ts';

interface Options {
  ip: string;
  /** Milliseconds. */
  for: number;
}

/** How long an edge may go by what it read of KV before. */
const EDGE_DELAY_MS = 60_000;

/** A longer block is a firewall's matter. */
const LONGEST_MS = 30 * 86_400_000;

export const declare: Declare = (noun, run) => {
  noun
    .command('block <ip>')
    .summary('refuse an address for a while')
    .description(
      describe(
        'Fills the bucket of an address, so that its requests are refused until the time is over or the ' +
          'bucket is reset. The rate limiter is told where the edge and its admin token are known; else edges ' +
          'see it within 30 s. They obey while rate_limiting_enabled is on. IPv6 is ' +
          'counted by network, so the network of an IPv6 address is blocked: its /64, or what ' +
          'RATE_LIMIT_IPV6_PREFIX in the wrangler file says.',
        [
          'goblin ratelimit block 203.0.113.9 --for 10m',
          'goblin ratelimit block 2001:db8:1:2::9 --for 1h',
          'goblin ratelimit reset 203.0.113.9',
        ],
      ),
    )
    .requiredOption('--for <duration>', 'how long (1s to 30d)', parseBlock)
    .action((ip: string, flags: { for: number }) => run(block, { ...flags, ip: parseClient(ip) }));
};

function parseBlock(text: string): number {
  const ms = parseDuration(text);
  if (ms >= 1000 && ms <= LONGEST_MS) return ms;
  throw usageError('bad_duration', `an address cannot be blocked for ${text}`, 'For 1s to 30d.');
}

/** A bucket in words: "17 of 100 requests". */
function stateOf(entry: KvEntry<string> | undefined, now: number): string {
  if (entry === undefined) return 'no open window';
  return bucketState(bucketRow(recordOf(rateLimit, entry).row, now), now);
}

function bucketState({ count, blocked, reset_at }: Shown<ListedBucket>, now: number): string {
  if (typeof count !== 'number') return 'an unreadable bucket';
  if (blocked && typeof reset_at === 'number')
    return `blocked for ${duration((reset_at - now) / 1000)}`;
  const isOver = typeof reset_at === 'number' && reset_at <= now;
  return isOver ? 'no open window' : `${count} of ${RATE_LIMIT} requests`;
}

/** Blocks an address: at the rate limiter where it is reached, else in the bucket alone. */
export async function block(context: Context, options: Options): Promise<void> {
  const [ip = options.ip] = bucketNames(options.ip, await edgePrefix(context));
  context.refuseReadOnly(`cannot block ${ip}`);
  const limiter = await openLimiter(context, ip);
  const row = limiter
    ? await blockAtLimiter(context, limiter, options)
    : await blockInKv(context, ip, options);
  await context.log.note(`${ip} is blocked; \`goblin ratelimit reset ${ip}\` lets it in again.`);
  await context.output.one(BUCKET_COLUMNS, row);
}

async function blockAtLimiter(context: Context, limiter: Limiter, options: Options) {
  const { client } = limiter.state;
  const before = limitRow(limiter.state);
  const details = { seconds: options.for / 1000 };
  const after = await changing(context, { target: client, details }, async () => {
    const state = await blockLimit(limiter.admin, client, context.now() + options.for);
    await followMirror(context, limiter, Date.parse(state.blocked_until ?? ''));
    return state;
  });
  await noteChange(context, client, bucketState(before, context.now()), options);
  return limitRow(after);
}

/** The limiter has written its own mirror; the bucket in another namespace that was named is filled as well. */
async function followMirror(context: Context, { admin, state }: Limiter, until: number) {
  const { client } = state;
  if (!(await isMirroredElsewhere(context, client, until))) {
    await context.log.note(`The rate limiter of ${admin.url} and its mirror in KV obey now.`);
    return;
  }
  await context.log.note(
    `The rate limiter of ${admin.url} and its mirror, another namespace, obey now.`,
  );
  await putBlock(context, client, until);
  await context.log.note(
    `The bucket of ${client} in the namespace of --namespace-id is full, too.`,
  );
}

/** Whether the namespace that was named does not show what the limiter has just written to its own. */
async function isMirroredElsewhere(context: Context, ip: string, until: number): Promise<boolean> {
  if (!(await isNamespaceNamed(context))) return false;
  const entry = await bucketIn(context, ip);
  if (entry === undefined) return true;
  return bucketRow(recordOf(rateLimit, entry).row, context.now()).reset_at !== until;
}

async function bucketIn(context: Context, ip: string): Promise<KvEntry<string> | undefined> {
  const key = rateLimitKey.format({ ip });
  return (await (await context.kv()).getMany([key])).get(key);
}

/** Writes a full bucket whose window ends with the block. */
async function putBlock(context: Context, ip: string, until: number) {
  const kv = await context.kv();
  // The key may last longer, since KV takes no shorter TTL: the edge goes by `reset_at`.
  const ttl = Math.max(RATE_LIMIT_TTL, Math.ceil((until - context.now()) / 1000));
  const bucket = encodeBucket({ count: RATE_LIMIT, reset_at: until });
  await kv.put({ name: rateLimitKey.format({ ip }), ...bucket, ttl, expiration: null });
  return { bucket, ttl };
}

/** Blocks an address in its bucket alone, for a read and a write. */
async function blockInKv(context: Context, ip: string, options: Options) {
  if (options.for < EDGE_DELAY_MS) {
    await context.log.warn(
      `edges take up to 60 s to see a block in KV, so some may never see one that lasts ${options.for / 1000} s`,
    );
  }
  const before = await bucketIn(context, ip);
  // The time counts from the write, not from the start of an engine or a look at the bucket.
  const now = context.now();
  const details = { seconds: options.for / 1000 };
  const { bucket, ttl } = await changing(context, { target: ip, details }, () =>
    putBlock(context, ip, now + options.for),
  );
  await noteChange(context, ip, stateOf(before, now), options);
  const expiration = Math.ceil(now / 1000) + ttl;
  const row = rateLimit.fromValue({ ip }, RATE_LIMIT, { expiration, metadata: bucket.metadata });
  return bucketRow(row, now);
}

function noteChange(context: Context, ip: string, before: string, options: Options) {
  return context.log.note(`${ip}: ${before} → blocked for ${duration(options.for / 1000)}`);
}
