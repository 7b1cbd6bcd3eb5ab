/**
 * The flags' key: the document is its value; timers and the ids of the latest edits are in its metadata. It is
 * written without expiry, since a key that expires undoes the edit.
 */

import type { KvStore } from '../../kv/namespace.ts';
import { FLAGS_KEY } from '../../shards/flags.ts';
import type { KvEntry, KvWrite } from '../../shards/kv-key.ts';
import { clip, fieldsOf } from '../../shards/summary.ts';
import { fingerprint, hashOf, type Settings, settingsOf, withBuiltIns } from '../settings.ts';
import type { StoredFlags } from '../store.ts';
import { encodeDocument, encodeMetadata, parseDocument } from './document.ts';

/** What the key holds. Only older Workers let it expire. */
export interface KvFlags extends Omit<StoredFlags, 'change' | 'source' | 'rows' | 'readCost'> {
  /** When the read of it began (ms since 1970). */
  readAt: number;
  /** The ids of the edits that led to this, the latest first. */
  edits: readonly string[];
  /** Metadata beside timers and edits; a write keeps it. */
  otherMetadata: Record<string, unknown>;
}

/** What a read needs. */
export interface KvAndClock {
  kv: KvStore;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Edits whose ids are kept: more than can be under way at once, as KV takes one write a second. */
const MAX_EDITS = 8;

/** Reads the flags with one request. Where nothing is stored, nothing is set. */
export async function readFlags({ kv, now }: KvAndClock): Promise<KvFlags> {
  const readAt = now();
  const entry = (await kv.getMany([FLAGS_KEY])).get(FLAGS_KEY);
  const {
    value = '{}',
    metadata = null,
    expiration = null,
  }: Partial<KvEntry<string>> = entry ?? {};
  const document = parseDocument(value);
  const problem = typeof document === 'string' ? document : null;
  const settings = settingsOf(typeof document === 'string' ? {} : document, metadata);
  const { timers: _, edits, ...otherMetadata } = fieldsOf(metadata);
  return {
    settings,
    problem,
    expiration,
    ignored: ignoredIn(metadata, settings),
    edits: Array.isArray(edits) ? edits.map(String) : [],
    otherMetadata,
    readAt,
    fingerprint: problem === null ? fingerprint(settings) : hashOf(value),
  };
}

/** Metadata without effect: not an object, malformed timers, timers of flags that are not there. */
function ignoredIn(metadata: unknown, settings: Settings): string | null {
  const { timers = {} } = fieldsOf(metadata);
  const isObject = metadata === null || fieldsOf(metadata) === metadata;
  if (!isObject || fieldsOf(timers) !== timers) return 'metadata that holds no timers';
  const strays = Object.keys(timers).filter((flag) => !settings.get(flag)?.timer);
  return strays.length === 0 ? null : `timers without effect: ${clip(strays.join(', '), 80)}`;
}

/** The id of a new edit, different from all others that may be under way. */
export function newEditId(): string {
  return crypto.randomUUID().slice(0, 8);
}

/** A write of flags, with the id of its edit. */
export interface FlagsWrite {
  id: string;
  settings: Settings;
  pair: KvWrite;
}

/**
 * The write that replaces `before` with `after`. Every built-in flag is written out: Workers of the first
 * generation take an absent flag as off.
 * @throws {GoblinError} `too_many_timers` and `too_many_flags`, exit 2
 */
export function flagsWrite(before: KvFlags, after: Settings): FlagsWrite {
  const id = newEditId();
  const settings = withBuiltIns(after);
  const metadata = encodeMetadata(settings, before.otherMetadata, editsAfter(before.edits, id));
  const pair = { name: FLAGS_KEY, value: encodeDocument(settings), expiration: null, metadata };
  return { id, settings, pair };
}

/** The ids of the latest edits once another one was made. */
export function editsAfter(edits: readonly string[], id: string): string[] {
  return [id, ...edits].slice(0, MAX_EDITS);
}
