/** How long a key is to live, as an operator says it and as KV takes it. */
import type { Command } from 'commander';
import { GoblinError, usageError } from '../../contract/errors.ts';
import { byteLength } from '../../shards/key.ts';
import type { KeyDetails, KvWrite } from '../../shards/kv-key.ts';
import { MAX_METADATA_BYTES } from '../../shards/summary.ts';
import { parseDuration, parseInstant } from '../../text/durations.ts';

/** Seconds that a key must have left when it is written (developers.cloudflare.com/kv/api/write-key-value-pairs). */
export const LEAST_LIFE = 60;

/** The same, and what a request may take until it is there. */
export const SAFE_LIFE = LEAST_LIFE + 5;

/** Whether KV may refuse a key because it is about to expire; it then refuses a whole batch. */
export function isTooShort({ expiration }: Pick<KeyDetails, 'expiration'>, now: number): boolean {
  return expiration !== null && expiration - now / 1000 < SAFE_LIFE;
}

export interface LifeFlags {
  /** Seconds. */
  ttl?: number;
  /** As it was typed, for what it means depends on the time. */
  expires?: string;
  /** False: the key is to stay. */
  expire?: false | true;
  /** False: without any. */
  metadata?: { json: unknown } | false;
}

/** Declares what a write may say of the key's life and metadata. */
export function addLifeOptions(command: Command): Command {
  return command
    .option('--ttl <duration>', 'expire after so long, at least 60s', parseTtl)
    .option('--expires <instant>', 'expire then')
    .option('--no-expire', 'never expire')
    .option('--metadata <json>', 'set metadata, at most 1,024 bytes', parseMetadata)
    .option('--no-metadata', 'remove metadata');
}

/**
 * A key's life and metadata as they are written. A time to live stays relative until KV gets it: made an
 * instant here, it would be shorter by all that happens until then, and KV takes none below 60 s.
 */
export type Life = Pick<KvWrite, 'ttl' | 'expiration' | 'metadata'>;

/** What the operator said; what is left out is to stay as it is. */
export type SaidLife = Partial<Life>;

/**
 * The flags as a life.
 * @throws {GoblinError} exit 2 where they exclude each other or KV would refuse them.
 */
export function saidLife(flags: LifeFlags, now: number): SaidLife {
  refuseConflict(flags);
  const metadata = flags.metadata === false ? null : flags.metadata?.json;
  return { ...saidExpiry(flags, now), ...(metadata === undefined ? {} : { metadata }) };
}

function saidExpiry({ ttl, expires, expire }: LifeFlags, now: number): SaidLife {
  if (expire === false) return { expiration: null };
  if (ttl !== undefined) return { ttl };
  return expires === undefined ? {} : { expiration: parseExpires(expires, now) };
}

/** Whether all is said, so that the key's own life need not be looked up. */
export function isWhole(said: SaidLife): boolean {
  return ('expiration' in said || 'ttl' in said) && 'metadata' in said;
}

/**
 * What was said, and for the rest what the key has.
 * @throws {GoblinError} exit 1 where the key's own expiry is too near to be kept.
 */
export function keeping(said: SaidLife, before: KeyDetails | null, now: number): Life {
  const { ttl, expiration = null, metadata = null } = { ...before, ...said };
  if (ttl !== undefined) return { ttl, expiration: null, metadata };
  const tooNear = expiration !== null && expiration - now / 1000 < LEAST_LIFE;
  if (tooNear) throw expiresTooSoon(expiration, now);
  return { expiration, metadata };
}

/** When a key with such a life expires (Unix seconds) if it is written at `now`; null for never. */
export function expirationOf({ ttl, expiration }: Life, now: number): number | null {
  return ttl === undefined ? expiration : Math.ceil(now / 1000) + ttl;
}

/** The error for an expiry that KV would not take again. */
function expiresTooSoon(expiration: number, now: number): GoblinError {
  const left = Math.max(0, Math.floor(expiration - now / 1000));
  return new GoblinError(
    'failed',
    'expires_too_soon',
    `the key expires in ${left} s, and KV takes no expiry nearer than ${LEAST_LIFE} s`,
    { hint: 'Say how long it is to live: --ttl 60s, or --no-expire.' },
  );
}

function refuseConflict({ ttl, expires, expire }: LifeFlags): void {
  const said = [
    ttl !== undefined && '--ttl',
    expires !== undefined && '--expires',
    expire === false && '--no-expire',
  ].filter((flag) => flag !== false);
  if (said.length < 2) return;
  throw usageError(
    'conflicting_options',
    `${said.join(' and ')} exclude each other`,
    'Pass one of them.',
  );
}

function parseTtl(text: string): number {
  const seconds = Math.ceil(parseDuration(text) / 1000);
  if (seconds >= LEAST_LIFE) return seconds;
  throw usageError(
    'ttl_too_short',
    `${text} is too short: KV keeps a key for 60 s at least`,
    'Write 60s or more.',
  );
}

function parseExpires(text: string, now: number): number {
  const seconds = Math.ceil(parseInstant(text, now) / 1000);
  if (seconds - now / 1000 >= LEAST_LIFE) return seconds;
  throw usageError(
    'expires_too_soon',
    `"${text}" is not 60 s ahead, which KV wants`,
    'Write an instant such as 2031-06-01T12:00Z, or a time to live as --ttl 15m.',
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
    throw usageError('bad_metadata', 'the metadata is no JSON', `Write it as '{"count":17}'.`);
  }
}
