/** The variables of `wrangler.toml` as they are meant, parsed once per isolate. */
import { ipv6Prefix } from '../../src/shards/ratelimit.ts';
import type { Env } from './env.ts';
import { KV_WRITES_PER_DAY } from './limits.ts';

export interface Variables {
  /** Share of the requests that leave an analytics event; undefined where it follows the write budget. */
  ANALYTICS_SAMPLE: number | undefined;
  /** KV writes that the account may make in a day. */
  KV_WRITES_PER_DAY: number;
  /** Bits of an IPv6 address that are counted as one client. */
  RATE_LIMIT_IPV6_PREFIX: number;
}

let parsedFor: Env | undefined;
let parsed: Variables;

export function variables(env: Env): Variables {
  if (env !== parsedFor) {
    parsedFor = env;
    parsed = {
      ANALYTICS_SAMPLE: numberOf(env.ANALYTICS_SAMPLE, 0, 1),
      KV_WRITES_PER_DAY: numberOf(env.KV_WRITES_PER_DAY, 0, Infinity) ?? KV_WRITES_PER_DAY,
      RATE_LIMIT_IPV6_PREFIX: ipv6Prefix(env.RATE_LIMIT_IPV6_PREFIX),
    };
  }
  return parsed;
}

/** A number within its bounds, or undefined for anything else. */
function numberOf(stored: string | number | undefined, least: number, most: number) {
  const number = stored === '' ? Number.NaN : Number(stored);
  return number >= least && number <= most ? number : undefined;
}
