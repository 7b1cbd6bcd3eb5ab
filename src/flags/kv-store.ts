/**
 * All flags at once: the document under one key, and in that key's metadata its timers and the ids of the
 * latest edits. It is written without expiry, for with one every edit would undo itself.
 */

import type { KvStore } from '../kv/namespace.ts';
import { FLAGS_KEY } from '../shards/flags.ts';
import type { KvEntry, KvWrite } from '../shards/kv-key.ts';
import { clip, fieldsOf } from '../shards/summary.ts';
import { encodeDocument, encodeMetadata, parseDocument } from './document.ts';
import { fingerprint, hashOf, type Settings, settingsOf, withBuiltIns } from './settings.ts';

export interface StoredFlags {
  settings: Settings;
  /** Why the document cannot be read; nothing is set then, and the edge takes the defaults. */
  problem: string | null;
  /** Unix seconds; only older Workers let the document expire. */
  expiration: number | null;
  /** What the edge ignores in the metadata, in words; the next write drops it. */
  ignored: string | null;
  /** The ids of the edits that led to this, the latest first. */
  edits: readonly string[];
  /** Metadata beside timers and edits; a write keeps it. */
  otherMetadata: Record<string, unknown>;
  fingerprint: string;
}

/** Edits whose ids are kept: more than can be under way at once, as KV takes one write a second. */
const MAX_EDITS = 8;

/** Reads the flags with one request. Where nothing is stored, nothing is set. */
export async function readFlags(kv: KvStore): Promise<StoredFlags> {
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
    fingerprint: problem === null ? fingerprint(settings) : hashOf(value),
  };
}

/** Metadata that means nothing: not an object, malformed timers, timers of flags that are not there. */
function ignoredIn(metadata: unknown, settings: Settings): string | null {
  const { timers = {} } = fieldsOf(metadata);
  const isObject = metadata === null || fieldsOf(metadata) === metadata;
  if (!isObject || fieldsOf(timers) !== timers) return 'metadata that holds no timers';
  const strays = Object.keys(timers).filter((flag) => !settings.get(flag)?.timer);
  return strays.length === 0 ? null : `timers without effect: ${clip(strays.join(', '), 80)}`;
}

/** The id of a new edit: unlike those of all others that may be under way. */
export function newEditId(): string {
  return crypto.randomUUID().slice(0, 8);
}

/**
 * What is to be stored for `after`, in place of `before`. Every built-in flag is written out: Workers of the
 * first generation take an absent flag as off.
 * @throws {GoblinError} `too_many_timers` and `too_many_flags`, exit 2
 */
export function flagsWrite(before: StoredFlags, after: Settings, id = newEditId()): KvWrite {
  const settings = withBuiltIns(after);
  return {
    name: FLAGS_KEY,
    value: encodeDocument(settings),
    expiration: null,
    metadata: encodeMetadata(settings, before.otherMetadata, editsAfter(before.edits, id)),
  };
}

/** The ids of the latest edits once another one was made. */
export function editsAfter(edits: readonly string[], id: string): string[] {
  return [id, ...edits].slice(0, MAX_EDITS);
}
