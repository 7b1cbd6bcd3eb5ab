/** The flags document and its timers as KV holds them: text and metadata. */
import { type GoblinError, usageError } from '../../contract/errors.ts';
import { decodeFlags } from '../../shards/flags.ts';
import { byteLength } from '../../shards/key.ts';
import { MAX_METADATA_BYTES } from '../../shards/kv-limits.ts';
import { clip } from '../../shards/summary.ts';
import type { Settings } from '../settings.ts';

/** Enough for thousands of flags; a larger value was not written as flags. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;

/** The document, or what is wrong with it as text. */
export function parseDocument(text: string): Record<string, unknown> | string {
  const bytes = byteLength(text);
  if (bytes > MAX_DOCUMENT_BYTES) return `it is too large for flags: ${bytes} bytes`;
  if (text.includes('\uFFFD')) return 'it holds bytes that are not text';
  try {
    const { value, problem } = decodeFlags(JSON.parse(text.replace(/^\uFEFF/, '')));
    return value ?? `${problem}: ${clip(text, 60)}`;
  } catch {
    return `it is not JSON: ${clip(text, 60)}`;
  }
}

/** The document as it is stored. @throws {GoblinError} `too_many_flags`, exit 2 */
export function encodeDocument(settings: Settings): string {
  const entries = [...settings].filter(([, { value }]) => value !== undefined);
  const text = JSON.stringify(
    Object.fromEntries(entries.map(([flag, { value }]) => [flag, value])),
  );
  if (byteLength(text) <= MAX_DOCUMENT_BYTES) return text;
  throw usageError(
    'too_many_flags',
    `${entries.length} flags take more than ${MAX_DOCUMENT_BYTES} bytes`,
    'Nothing was written. Remove some with `goblin flags unset`.',
  );
}

/**
 * The metadata: the timers, what else it held, and as many ids of edits as fit; null if all of it is empty.
 * @param edits the latest first
 * @throws {GoblinError} `too_many_timers`, exit 2
 */
export function encodeMetadata(
  settings: Settings,
  other: Record<string, unknown>,
  edits: readonly string[] = [],
): Record<string, unknown> | null {
  const timers = [...settings].flatMap(([flag, { timer }]) => (timer ? [[flag, timer]] : []));
  const withTimers = (count: number) =>
    count === 0 ? other : { ...other, timers: Object.fromEntries(timers.slice(0, count)) };
  const most = mostThatFit(timers.length, withTimers);
  if (most < timers.length) throw tooManyTimers(timers.length, most);
  const withEdits = (count: number) =>
    count === 0 ? withTimers(most) : { ...withTimers(most), edits: edits.slice(0, count) };
  const metadata = withEdits(mostThatFit(edits.length, withEdits));
  return Object.keys(metadata).length === 0 ? null : metadata;
}

/** The largest number up to `all` with which the metadata fits into KV's limit; 0 if none does. */
function mostThatFit(all: number, metadata: (count: number) => object): number {
  let most = all;
  while (most > 0 && byteLength(JSON.stringify(metadata(most))) > MAX_METADATA_BYTES) most--;
  return most;
}

function tooManyTimers(wanted: number, most: number): GoblinError {
  return usageError(
    'too_many_timers',
    `${wanted} timers do not fit in the ${MAX_METADATA_BYTES} bytes of KV metadata, ${most} do`,
    'Nothing was written. Set a flag without --for to end its timer.',
  );
}
