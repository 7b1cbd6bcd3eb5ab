/**
 * Edits of the flags by several operators at once. KV has no conditional write: of two that read, change and
 * write at the same time, the later write replaces the earlier one, and neither is told.
 *
 * So a run waits before it relies on its write, as in Fischer's algorithm for mutual exclusion. From the start
 * of its read to the end of its write every run takes at most `SETTLE_MS`, or it fails. After its write it waits
 * `SETTLE_MS` and reads again: by then every write of a run that had not seen its edit is there.
 * - If its own version is still there, every later write is made by a run that has read it. The edit is safe.
 * - If a version without the edit is there, the edit is merged into that one and written again.
 * - If another version with the edit is there, that one has to stay for `SETTLE_MS` before the edit is safe.
 *
 * It assumes that a read shows the latest write. KV promises that in one location only; another location may
 * show an older version for a minute, and an edit that was made on that version goes unnoticed.
 */
import { type Details, GoblinError, interrupted } from '../../contract/errors.ts';
import { changedFlags, fingerprint, type Settings, withBuiltIns } from '../settings.ts';
import { type EditOutcome, type LostChange, SETTLE_MS } from '../store.ts';
import { type FlagsWrite, flagsWrite, type KvAndClock, type KvFlags, readFlags } from './stored.ts';
import {
  type Edit,
  editOf,
  isOlder,
  isSame,
  lostIn,
  merged,
  settingsAt,
  type Version,
} from './versions.ts';

/** Writes of one edit before it is given up. */
const MAX_WRITES = 8;
/** Looks at one write before it is left in doubt. */
const MAX_LOOKS = 5;
/** Milliseconds over which runs that lost spread their next write, times the writes so far. */
const SPREAD_MS = 500;

/** What an edit needs of the outside. */
export interface EditContext extends KvAndClock {
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  random: () => number;
  signal: AbortSignal;
}

/** A change of what was read. */
export interface PreparedEdit {
  before: KvFlags;
  after: Settings;
  /** The flags that the operator named, changed or not. */
  named: readonly string[];
  write: FlagsWrite;
}

/** What is known of an edit so far. */
interface Progress {
  edit: Edit;
  writes: number;
  /** Milliseconds from a read to the end of the write that was based on it, at most. */
  slowest: number;
  lost: LostChange[];
}

/**
 * Stores an edit: one write and, where it is to be verified, one look, if nobody else edits at the same time.
 * @throws {GoblinError} `not_read_back` (exit 5) and `interrupted` after a write; or what the API says
 */
export async function storeEdit(
  context: EditContext,
  prepared: PreparedEdit,
  verify: boolean,
): Promise<EditOutcome> {
  const { before, after, named } = prepared;
  const edit = editOf(before, after, named, context.now());
  const progress: Progress = { edit, writes: 0, slowest: 0, lost: [] };
  let base = before;
  let { write }: { write: FlagsWrite } = prepared;
  for (;;) {
    const version = await send(context, base, write, progress);
    if (!verify) return outcomeOf(progress);
    const { found, doubt } = await look(context, base, version, edit);
    progress.lost = found === null ? [] : lostIn(found, edit, context.now());
    if (found === null || progress.lost.length === 0 || progress.writes === MAX_WRITES) {
      const alsoChanged = others(found, write.settings, edit, context.now());
      return { ...outcomeOf(progress), doubt, alsoChanged };
    }
    base = await afresh(context, found, progress.writes);
    progress.lost = lostIn(base, edit, context.now());
    const settings = merged(base, edit, context.now());
    if (settings === null) {
      const alsoChanged = others(base, after, edit, context.now());
      return { ...outcomeOf(progress), alsoChanged };
    }
    write = flagsWrite(base, settings);
  }
}

function outcomeOf({ edit, writes, slowest, lost }: Progress): EditOutcome {
  const late = slowest > SETTLE_MS ? { tookMs: slowest } : null;
  return { flags: edit.flags, writes, lost, alsoChanged: [], doubt: null, late };
}

async function send(
  { kv, now }: EditContext,
  base: KvFlags,
  { id, settings, pair }: FlagsWrite,
  progress: Progress,
): Promise<Version> {
  await kv.put(pair);
  progress.edit.ids.push(id);
  progress.writes++;
  progress.slowest = Math.max(progress.slowest, now() - base.readAt);
  const { edits = [] } = (pair.metadata ?? {}) as { edits?: string[] };
  return { fingerprint: fingerprint(settings), expiration: null, edits };
}

interface Look {
  /** What is there instead of the version that was written, or with it in it; null if KV shows neither. */
  found: KvFlags | null;
  doubt: EditOutcome['doubt'];
}

/** Looks until the edit is known to be safe, or lost, or it is left in doubt. */
async function look(
  context: EditContext,
  before: KvFlags,
  written: Version,
  edit: Edit,
): Promise<Look> {
  let found: KvFlags | null = null;
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    await pause(context, SETTLE_MS);
    const shown = await readBack(context);
    if (isSame(shown, written)) return { found: shown, doubt: null };
    if (isOlder(shown, before)) continue;
    const isLost = lostIn(shown, edit, context.now()).length > 0;
    const hasStayed = found !== null && isSame(shown, found);
    if (isLost || hasStayed) return { found: shown, doubt: null };
    found = shown;
  }
  return { found, doubt: found === null ? 'stale' : 'unsettled' };
}

/** The state for the next write, after a random pause: runs that lost together would meet again. */
async function afresh(context: EditContext, found: KvFlags, writes: number): Promise<KvFlags> {
  const ms = Math.floor(context.random() * SPREAD_MS * writes);
  if (ms === 0) return found;
  await pause(context, ms);
  const fresh = await readBack(context);
  return isSame(fresh, found) || !isOlder(fresh, found) ? fresh : found;
}

/** Flags beside those of the edit that are not what it left them. */
function others(found: KvFlags | null, left: Settings, edit: Edit, now: number): string[] {
  if (found === null || found.problem !== null) return [];
  const changed = changedFlags(withBuiltIns(left), settingsAt(found, now));
  return changed.filter((flag) => !edit.flags.includes(flag));
}

async function pause({ sleep, signal }: EditContext, ms: number): Promise<void> {
  await sleep(ms, signal);
  if (!signal.aborted) return;
  throw interrupted('interrupted: the flags are written, but not checked for other edits');
}

async function readBack(context: EditContext): Promise<KvFlags> {
  try {
    return await readFlags(context);
  } catch (error) {
    if (!(error instanceof GoblinError)) throw error;
    const details: Details = {
      hint: 'Look with `goblin flags list` whether it is as you want it.',
      requestId: error.requestId,
      cause: error,
    };
    const outcome = error.outcome === 'interrupted' ? 'interrupted' : 'partial';
    const message = `the flags were sent but not read back: ${error.message}`;
    throw new GoblinError(outcome, 'not_read_back', message, details);
  }
}
