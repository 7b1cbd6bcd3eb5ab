/**
 * All flags at once: the document under one key, and its timers in that key's metadata. It is written
 * without expiry, for with one every edit would undo itself. KV has no conditional write, so each write
 * is read back: an edit that came in between is found out unless it falls between this one's read and
 * write, a fraction of a second.
 */
import { type Details, GoblinError } from '../errors.ts';
import { FLAGS_KEY } from '../shards/flags.ts';
import { clip, fieldsOf } from '../shards/summary.ts';
import { encodeDocument, encodeMetadata, parseDocument } from './flag-document.ts';
import {
  changedFlags,
  fingerprint,
  hashOf,
  type Setting,
  type Settings,
  sameSetting,
  settingsOf,
} from './flag-settings.ts';
import type { KvEntry, KvStore, KvWrite } from './kv.ts';

export interface StoredFlags {
  settings: Settings;
  /** Why the document cannot be read; nothing is set then, and the edge takes the defaults. */
  problem: string | null;
  /** Unix seconds; only older Workers let the document expire. */
  expiration: number | null;
  /** What the edge ignores in the metadata, in words; the next write drops it. */
  ignored: string | null;
  /** Metadata beside the timers; a write keeps it. */
  otherMetadata: Record<string, unknown>;
  fingerprint: string;
}

/** Reads the flags with one request. Where nothing is stored, nothing is set. */
export async function readFlags(kv: KvStore): Promise<StoredFlags> {
  const entry = (await kv.getMany([FLAGS_KEY])).get(FLAGS_KEY);
  const { value = '{}', metadata = null, expiration = null }: Partial<KvEntry> = entry ?? {};
  const document = parseDocument(value);
  const problem = typeof document === 'string' ? document : null;
  const settings = settingsOf(typeof document === 'string' ? {} : document, metadata);
  const { timers: _, ...otherMetadata } = fieldsOf(metadata);
  return {
    settings,
    problem,
    expiration,
    ignored: ignoredIn(metadata, settings),
    otherMetadata,
    fingerprint: problem === null ? fingerprint(settings) : hashOf(value),
  };
}

/** Metadata that means nothing: no object, timers that are none, timers of flags that are not there. */
function ignoredIn(metadata: unknown, settings: Settings): string | null {
  const { timers = {} } = fieldsOf(metadata);
  const isObject = metadata === null || fieldsOf(metadata) === metadata;
  if (!isObject || fieldsOf(timers) !== timers) return 'metadata that holds no timers';
  const strays = Object.keys(timers).filter((flag) => !settings.get(flag)?.timer);
  return strays.length === 0 ? null : `timers without effect: ${clip(strays.join(', '), 80)}`;
}

/** What was found when a write was read back. */
export interface ReadBack {
  /** KV still shows what was there before: it will catch up. */
  stale: boolean;
  /** Changes of this write that are not there: another edit has replaced them. */
  lost: { flag: string; found: Setting | undefined }[];
  /** Flags that another edit has changed beside. */
  alsoChanged: string[];
}

/**
 * What is to be stored for `after`, in place of `before`.
 * @throws {GoblinError} `too_many_timers` and `too_many_flags`, exit 2
 */
export function flagsWrite(before: StoredFlags, after: Settings): KvWrite {
  return {
    key: FLAGS_KEY,
    value: encodeDocument(after),
    expiration: null,
    metadata: encodeMetadata(after, before.otherMetadata),
  };
}

/**
 * Writes `after` in place of what was read as `before`: one write, one read.
 * @throws {GoblinError} what `flagsWrite` throws, with nothing written; `not_read_back` (exit 5), with all
 *   written; or what the API says.
 */
export async function writeFlags(
  kv: KvStore,
  before: StoredFlags,
  after: Settings,
): Promise<ReadBack> {
  await kv.put(flagsWrite(before, after));
  const found = await readFlags(kv).catch((error: unknown) => {
    throw notReadBack(error);
  });
  return compare(before, after, found);
}

function compare(before: StoredFlags, after: Settings, found: StoredFlags): ReadBack {
  const none = { stale: false, lost: [], alsoChanged: [] };
  if (isThere(found, fingerprint(after), null)) return none;
  if (isThere(found, before.fingerprint, before.expiration)) return { ...none, stale: true };
  const mine = changedFlags(before.settings, after);
  const lost = mine
    .filter((flag) => found.problem || !sameSetting(found.settings.get(flag), after.get(flag)))
    .map((flag) => ({ flag, found: found.settings.get(flag) }));
  const alsoChanged = changedFlags(after, found.settings).filter((flag) => !mine.includes(flag));
  return { stale: false, lost, alsoChanged };
}

function isThere(found: StoredFlags, fingerprint: string, expiration: number | null): boolean {
  return found.fingerprint === fingerprint && found.expiration === expiration;
}

function notReadBack(error: unknown): unknown {
  if (!(error instanceof GoblinError)) return error;
  const details: Details = {
    hint: 'Look with `goblin flags list` whether it is as you want it.',
    requestId: error.requestId,
    cause: error,
  };
  const outcome = error.outcome === 'interrupted' ? 'interrupted' : 'partial';
  const message = `the flags were sent but not read back: ${error.message}`;
  return new GoblinError(outcome, 'not_read_back', message, details);
}
