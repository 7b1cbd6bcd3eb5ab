/** `limits/{client}`: object and mirror together. */
import type { LimitAnswer } from '../../../../src/live/admin.ts';
import type { ClientState } from '../../../../src/live/limiter-rpc.ts';
import { networkOf } from '../../../../src/shards/address.ts';
import { RATE_LIMIT } from '../../../../src/shards/ratelimit.ts';
import { toMilliseconds } from '../../../../src/shards/time.ts';
import { AdminError, type Asked } from './asked.ts';

/** A longer block is a firewall's matter. */
const LONGEST_BLOCK_MS = 30 * 86_400_000;

export function showLimit(asked: Asked): Promise<LimitAnswer> {
  const client = clientFrom(asked);
  return answer(client, asked.env.RATE_LIMITER.getByName(client).show());
}

export function resetLimit(asked: Asked): Promise<LimitAnswer> {
  const client = clientFrom(asked);
  return answer(client, asked.env.RATE_LIMITER.getByName(client).reset(client));
}

export function blockLimit(asked: Asked): Promise<LimitAnswer> {
  const client = clientFrom(asked);
  const until = toMilliseconds(asked.body.until);
  const ms = (until ?? 0) - Date.now();
  if (until === null || ms <= 0 || ms > LONGEST_BLOCK_MS) {
    const message = 'until is not a time within the next 30 days, such as 2027-01-31T12:00:00Z';
    throw new AdminError(400, 'bad_request', message);
  }
  return answer(client, asked.env.RATE_LIMITER.getByName(client).block(client, until));
}

/** The client that an address is counted as, or a network as lists show it. */
function clientFrom({ name, ipv6_prefix }: Asked): string {
  const [address = '', bits] = name.split('/');
  const prefix = bits === undefined ? ipv6_prefix : Number(bits);
  const isPrefix = Number.isInteger(prefix) && prefix >= 1 && prefix <= 128;
  const client = name === 'unknown' ? name : isPrefix ? networkOf(address, prefix) : null;
  // IPv4 has no networks here, and a network has to be written as its name is.
  if (client === null || (bits !== undefined && client !== name)) {
    throw new AdminError(400, 'bad_request', 'that is not an IP address or an IPv6 network');
  }
  return client;
}

async function answer(client: string, asking: Promise<ClientState>): Promise<LimitAnswer> {
  const { count, leased, reset_at, blocked_until } = await asking;
  return {
    client,
    limit: RATE_LIMIT,
    count,
    leased,
    reset_at: written(reset_at),
    blocked_until: written(blocked_until),
  };
}

const written = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
