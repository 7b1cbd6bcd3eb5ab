/** What an operator may say about a key's expiry and metadata when it is written. */
import type { Command } from 'commander';
import { GoblinError, usageError } from '../../contract/errors.ts';
import { isTooSoon, secondsLeft } from '../../kv/expiry.ts';
import { byteLength } from '../../shards/key.ts';
import type { KeyDetails, KvWrite } from '../../shards/kv-key.ts';
import { MAX_METADATA_BYTES, MIN_TTL } from '../../shards/kv-limits.ts';
import { parseDuration, parseInstant } from '../../text/durations.ts';

export interface ExpiryFlags {
  /** Seconds. */
  ttl?: number;
  /** As it was typed: what it means depends on the time of the run. */
  expires?: string;
  /** False: the key is to stay. */
  expire?: false | true;
  /** False: without any. */
  metadata?: { json: unknown } | false;
}

/** Declares what a write may say about the key's expiry and metadata. */
export function addExpiryOptions(command: Command): Command {
  return command
    .option('--ttl <duration>', 'expire after so long, at least 60s', parseTtl)
    .option('--expires <instant>', 'expire then')
    .option('--no-expire', 'never expire')
    .option('--metadata <json>', 'set metadata, at most 1,024 bytes', parseMetadata)
    .option('--no-metadata', 'remove metadata');
}

/** What a write stores beside the value. */
export type PutOptions = Pick<KvWrite, 'ttl' | 'expiration' | 'metadata'>;

/**
 * The options that were given; what is left out is to stay as it is.
 * @throws {GoblinError} exit 2 if they exclude each other or KV would refuse them
 */
export function putOptionsOf(flags: ExpiryFlags, now: number): Partial<PutOptions> {
  refuseConflict(flags);
  const metadata = flags.metadata === false ? null : flags.metadata?.json;
  return { ...expiryOf(flags, now), ...(metadata === undefined ? {} : { metadata }) };
}

function expiryOf({ ttl, expires, expire }: ExpiryFlags, now: number): Partial<PutOptions> {
  if (expire === false) return { expiration: null };
  if (ttl !== undefined) return { ttl };
  return expires === undefined ? {} : { expiration: parseExpires(expires, now) };
}

/** Whether nothing has to be kept, so that the key need not be looked up. */
export function areComplete(given: Partial<PutOptions>): boolean {
  return ('expiration' in given || 'ttl' in given) && 'metadata' in given;
}

/**
 * The given options, and for the rest what the key has.
 * @throws {GoblinError} `expires_too_soon`, exit 1, if the key's own expiry is too near to be kept
 */
export function withStored(
  given: Partial<PutOptions>,
  stored: KeyDetails | null,
  now: number,
): PutOptions {
  const { ttl, expiration = null, metadata = null } = { ...stored, ...given };
  if (ttl !== undefined) return { ttl, expiration: null, metadata };
  if (isTooSoon({ expiration }, now)) throw expiresTooSoon(secondsLeft({ expiration }, now));
  return { expiration, metadata };
}

function expiresTooSoon(left: number): GoblinError {
  return new GoblinError(
    'failed',
    'expires_too_soon',
    `the key expires in ${Math.max(0, Math.floor(left))} s, and KV takes no expiry nearer than ${MIN_TTL} s`,
    { hint: 'Say how long to keep it: --ttl 60s, or --no-expire.' },
  );
}

function refuseConflict({ ttl, expires, expire }: ExpiryFlags): void {
  const given = [
    ttl !== undefined && '--ttl',
    expires !== undefined && '--expires',
    expire === false && '--no-expire',
  ].filter((flag) => flag !== false);
  if (given.length < 2) return;
  throw usageError(
    'conflicting_options',
    `${given.join(' and ')} exclude each other`,
    'Pass one of them.',
  );
}

function parseTtl(text: string): number {
  const ttl = Math.ceil(parseDuration(text) / 1000);
  if (!isTooSoon({ ttl, expiration: null }, 0)) return ttl;
  throw usageError(
    'ttl_too_short',
    `${text} is too short: KV keeps a key for at least ${MIN_TTL} s`,
    'Write 60s or more.',
  );
}

function parseExpires(text: string, now: number): number {
  const expiration = Math.ceil(parseInstant(text, now) / 1000);
  if (!isTooSoon({ expiration }, now)) return expiration;
  throw usageError(
    'expires_too_soon',
    `"${text}" is not ${MIN_TTL} s ahead, which KV requires`,
    'Write an instant such as 2031-06-01T12:00Z, or a TTL such as --ttl 15m.',
  );
}

function parseMetadata(text: string): { json: unknown } {
  const bytes = byteLength(text);
  if (bytes > MAX_METADATA_BYTES) {
    throw usageError(
      'metadata_too_long',
      `the metadata has ${bytes} bytes, and KV takes ${MAX_METADATA_BYTES}`,
    );
  }
  try {
    return { json: JSON.parse(text) };
  } catch {
    throw usageError('bad_metadata', 'the metadata is not JSON', `Write it as '{"count":17}'.`);
  }
}
