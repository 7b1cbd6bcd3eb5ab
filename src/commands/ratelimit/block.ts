import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
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

/** Writes a full bucket whose window ends with the block. */
export async function block(context: Context, options: Options): Promise<void> {
  const [ip = options.ip] = bucketNames(options.ip, await edgePrefix(context));
  const kv = await context.kv();
  await context.announceTarget();
  // The time counts from the write, not from the start of an engine or a look at the configuration.
  const now = context.now();
  const reset_at = now + options.for;
  // The key may live longer, for KV keeps none shorter: the edge goes by `reset_at`.
  const ttl = Math.max(RATE_LIMIT_TTL, Math.ceil(options.for / 1000));
  const bucket = encodeBucket({ count: RATE_LIMIT, reset_at });
  await kv.put({ name: rateLimitKey.format({ ip }), ...bucket, ttl, expiration: null });
  await context.log.note(`${ip} is blocked; \`goblin ratelimit reset ${ip}\` lets it in again.`);
  const expiration = Math.ceil(now / 1000) + ttl;
  const row = rateLimit.fromValue({ ip }, RATE_LIMIT, { expiration, metadata: bucket.metadata });
  await context.output.one(BUCKET_COLUMNS, bucketRow(row, now));
}
