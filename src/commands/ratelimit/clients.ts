/** Whom a bucket is for: an IPv4 address, an IPv6 network, or `unknown`. */

import { parseCidr } from '../../arguments/address.ts';
import { parseIp } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { networkOf } from '../../shards/address.ts';
import { clientOf, ipv6Prefix } from '../../shards/ratelimit.ts';

/**
 * An address, or an IPv6 network as `ratelimit list` shows it.
 * @throws {GoblinError} exit 2 for anything else
 */
export function parseClient(text: string): string {
  if (!text.includes('/')) return parseIp(text);
  const [address = '', bits] = parseCidr(text).split('/');
  if (address.includes(':') && Number(bits) > 0) return networkOf(address, Number(bits)) ?? text;
  throw usageError(
    'bad_ip',
    `"${text}" has no bucket: IPv4 is counted by address`,
    `Name one address; \`goblin ratelimit reset --cidr ${text}\` takes a range.`,
  );
}

/**
 * How many bits of an IPv6 address the edge counts as one client, as the wrangler file says.
 * The CLI cannot know it without that file, and takes the default.
 */
export async function edgePrefix(context: Context): Promise<number> {
  const file = await (await context.config()).wranglerFile();
  return ipv6Prefix(file?.vars.value.RATE_LIMIT_IPV6_PREFIX);
}

/** What the bucket of an address is called today, and what it was called by older Workers. */
export function bucketNames(client: string, prefix: number): string[] {
  if (client.includes('/')) return [client];
  return [...new Set([clientOf(client, prefix), client])];
}
