/** All that KV knows of one address, and of its network. */

import type { KvStore } from '../../kv/namespace.ts';
import {
  type EventSource,
  eventSources,
  inOrder,
  read,
  type StoredEvent,
  wanted,
} from '../../kv/ranges/events.ts';
import type { EventKey, Span } from '../../kv/ranges/ranges.ts';
import { readShard } from '../../kv/records.ts';
import type { Shown } from '../../output/columns.ts';
import { type BucketRow, countsFor, rateLimit } from '../../shards/ratelimit.ts';
import { EVENTS } from '../events/kinds.ts';
import { networkOf } from '../events/network.ts';
import { bucketRow, type ListedBucket } from '../ratelimit/rows.ts';

export interface Neighbour {
  ip: string;
  analytics: number;
  security: number;
  /** Requests in its bucket; null where it has none. */
  count: number | null;
  last_at: number | null;
}

export interface Report {
  ip: string;
  network: string;
  /** Its open bucket as a row; null where it has none. */
  bucket: Shown<ListedBucket> | null;
  /** Its events, in order of time. */
  events: StoredEvent[];
  /** The other addresses of its network, those with the most security events first. */
  neighbours: Neighbour[];
}

/**
 * What buckets of an address's network begin with. IPv6 may write the second group in two ways (`:0:` or
 * `::`), so only the first counts.
 */
export function bucketPrefix(ip: string): string {
  const [part = ''] = ip.includes(':')
    ? (/^[^:]+:/.exec(ip) ?? [])
    : (/^\d+\.\d+\.\d+\./.exec(ip) ?? [ip]);
  return rateLimit.prefix + part;
}

/**
 * Gathers it by lists: events by the blocks of the span, the network's buckets by their prefix. Values are
 * read only of the address's own events without metadata.
 */
export async function gather(kv: KvStore, ip: string, span: Span, now: number): Promise<Report> {
  const network = networkOf(ip);
  const neighbours = new Map<string, Neighbour>();
  const neighbour = (address: string): Neighbour => {
    const known = neighbours.get(address);
    const row = known ?? { ip: address, analytics: 0, security: 0, count: null, last_at: null };
    neighbours.set(address, row);
    return row;
  };

  const inNetwork = { keepId: (id: { ip: string }) => networkOf(id.ip) === network, now };
  const [buckets, events] = await Promise.all([
    openBuckets(kv, ip, network, now),
    Promise.all(
      eventSources(kv, EVENTS.shards).map(async (source) => {
        const keys = wanted(await source.range.all(span), inNetwork);
        for (const key of keys) if (key.id.ip !== ip) count(neighbour(key.id.ip), source, key);
        return read(
          source,
          keys.filter(({ id }) => id.ip === ip),
        );
      }),
    ),
  ]);

  const isOwn = ({ client }: OpenBucket) => countsFor(client, ip);
  for (const bucket of buckets) {
    if (!isOwn(bucket)) neighbour(bucket.client).count = bucket.row.count ?? null;
  }
  // The network's goes first: it is what the edge counts by; an address's own is of an older Worker.
  const own = buckets.filter(isOwn).sort((a, b) => rankOf(a) - rankOf(b))[0];
  return {
    ip,
    network,
    bucket: own ? bucketRow(own.row, now) : null,
    events: inOrder(events.flat()),
    neighbours: [...neighbours.values()].sort(byWeight),
  };
}

interface OpenBucket {
  /** The address or network that it counts. */
  client: string;
  row: Shown<BucketRow>;
}

const rankOf = ({ client }: OpenBucket) => (client.includes('/') ? 0 : 1);

function count(row: Neighbour, { shard }: EventSource, { id }: EventKey): void {
  if (shard.name === 'security') row.security++;
  else row.analytics++;
  row.last_at = Math.max(row.last_at ?? 0, id.timestamp);
}

function byWeight(a: Neighbour, b: Neighbour): number {
  return b.security - a.security || (b.count ?? 0) - (a.count ?? 0) || b.analytics - a.analytics;
}

async function openBuckets(
  kv: KvStore,
  ip: string,
  network: string,
  now: number,
): Promise<OpenBucket[]> {
  const buckets: OpenBucket[] = [];
  for await (const page of readShard(kv, rateLimit, { prefix: bucketPrefix(ip), now })) {
    for (const { id, row } of page) {
      if (id && (networkOf(id.ip) === network || countsFor(id.ip, ip))) {
        buckets.push({ client: id.ip, row });
      }
    }
  }
  return buckets;
}
