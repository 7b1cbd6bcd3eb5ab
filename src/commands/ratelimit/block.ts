import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { recordOf } from '../../kv/records.ts';
import { duration } from '../../output/time.ts';
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
import { BUCKET_COLUMNS, bucketRow } from './rows.ts';

interface Options {
  ip: string;
  /** Milliseconds. */
  for: number;
}

/** A longer block is a firewall's matter. */
const LONGEST_MS = 30 * 86_400_000;

export const declare: Declare = (noun, run) => {
  noun
    .command('block <ip>')
    .summary('refuse an address for a while')
    .description(
      describe(
        'Fills the bucket of an address, so that its requests are refused until the time is over or the ' +
          'bucket is reset. Edges see it within 30 s, and obey while rate_limiting_enabled is on. IPv6 is ' +
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
  const { count, blocked, reset_at } = bucketRow(recordOf(rateLimit, entry).row, now);
  if (typeof count !== 'number') return 'an unreadable bucket';
  if (blocked && typeof reset_at === 'number')
    return `blocked for ${duration((reset_at - now) / 1000)}`;
  const isOver = typeof reset_at === 'number' && reset_at <= now;
  return isOver ? 'no open window' : `${count} of ${RATE_LIMIT} requests`;
}

/** Writes a full bucket whose window ends with the block, for a read and a write. */
export async function block(context: Context, options: Options): Promise<void> {
  const [ip = options.ip] = bucketNames(options.ip, await edgePrefix(context));
  const kv = await context.kv();
  await context.announceTarget();
  const key = rateLimitKey.format({ ip });
  const before = (await kv.getMany([key])).get(key);
  // The time counts from the write, not from the start of an engine or a look at the bucket.
  const now = context.now();
  const reset_at = now + options.for;
  // The key may last longer, since KV takes no shorter TTL: the edge goes by `reset_at`.
  const ttl = Math.max(RATE_LIMIT_TTL, Math.ceil(options.for / 1000));
  const bucket = encodeBucket({ count: RATE_LIMIT, reset_at });
  await kv.put({ name: key, ...bucket, ttl, expiration: null });
  const after = `blocked for ${duration(options.for / 1000)}`;
  await context.log.note(`${ip}: ${stateOf(before, now)} → ${after}`);
  await context.log.note(`${ip} is blocked; \`goblin ratelimit reset ${ip}\` lets it in again.`);
  const expiration = Math.ceil(now / 1000) + ttl;
  const row = rateLimit.fromValue({ ip }, RATE_LIMIT, { expiration, metadata: bucket.metadata });
  await context.output.one(BUCKET_COLUMNS, bucketRow(row, now));
}
