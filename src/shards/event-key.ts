/**
 * Keys of events: `{prefix}{timestamp}:{ip}`, the timestamp in 13 digits of milliseconds so that KV's
 * byte order is the order of time. A second event of one address in the same millisecond gets `~` and a few
 * letters, so that it does not overwrite the first.
 */
import { checkKey, KeyError } from './key.ts';
import type { KeyCodec } from './shard.ts';
import { toMilliseconds } from './time.ts';

export interface EventId {
  /** Milliseconds since 1970. */
  timestamp: number;
  /** IPv4, IPv6 or `unknown`. */
  ip: string;
  /** Tells apart events of one address in one millisecond. */
  suffix?: string;
}

const FIRST_13_DIGITS = 1e12;
const AFTER_13_DIGITS = 1e13;
const ADDRESS = /^(?:[0-9a-fA-F.:]{2,45}|unknown)$/;
const SUFFIX = /^[0-9a-z]{1,12}$/;
// Today's milliseconds, the seconds of the oldest Workers, and ISO 8601, which has colons of its own.
const WRITTEN = /^([1-9]\d{12}|[1-9]\d{9}|\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z):(.+)$/;

/**
 * The key of an event, in milliseconds.
 * @throws {KeyError} for what `parse` would not read back
 */
export function formatEventKey(prefix: string, { timestamp, ip, suffix }: EventId): string {
  const sortable =
    Number.isInteger(timestamp) && timestamp >= FIRST_13_DIGITS && timestamp < AFTER_13_DIGITS;
  if (!sortable) throw new KeyError(`${timestamp} is not a time in 13 digits of milliseconds`);
  if (!ADDRESS.test(ip)) throw new KeyError(`${JSON.stringify(ip)} is not an IP address`);
  if (suffix !== undefined && !SUFFIX.test(suffix)) {
    throw new KeyError(`${JSON.stringify(suffix)} is not a suffix of letters and digits`);
  }
  return checkKey(`${prefix}${timestamp}:${ip}${suffix === undefined ? '' : `~${suffix}`}`);
}

/** The codec of an event shard. It writes milliseconds only and reads seconds and ISO 8601 as well. */
export function eventKey(prefix: string): KeyCodec<EventId> {
  return {
    format: (id) => formatEventKey(prefix, id),
    parse(key) {
      if (!key.startsWith(prefix)) return null;
      const written = WRITTEN.exec(key.slice(prefix.length));
      const timestamp = toMilliseconds(written?.[1]);
      if (written?.[2] === undefined || timestamp === null) return null;
      const [ip = '', suffix, ...more] = written[2].split('~');
      if (!ADDRESS.test(ip) || more.length > 0) return null;
      if (suffix === undefined) return { timestamp, ip };
      return SUFFIX.test(suffix) ? { timestamp, ip, suffix } : null;
    },
  };
}
