/**
 * Edits of the flags by several operators at once. KV has no conditional write: of two that read, change and
 * write at the same time, the later write replaces the earlier one, and neither is told.
 *
 * So a run waits before it believes in its write, as in Fischer's algorithm for mutual exclusion. From the
 * start of its read to the end of its write every run takes at most `SETTLE_MS`, or it fails. After its write
 * it waits `SETTLE_MS` and reads again: by then every write of a run that had not seen its edit is there.
 * - If its own version is still there, every later write is made by a run that has read it. The edit is safe.
 * - If a version without the edit is there, the edit is merged into that one and written again.
 * - If another version with the edit is there, that one has to stay for `SETTLE_MS` before the edit is safe.
 *
 * What it takes for granted: a read shows the latest write. KV promises that in one location only; another
 * one may show an older version for a minute, and an edit that was made on it is found out by nobody.
 */
import { type Details, GoblinError, interrupted } from '../contract/errors.ts';
import type { KvStore } from '../kv/namespace.ts';
import { flagsWrite, newEditId, readFlags, type StoredFlags } from './kv-store.ts';
import { changedFlags, fingerprint, type Settings, withBuiltIns } from './settings.ts';
import {
  type Edit,
  editOf,
  isOlder,
  isSame,
  type LostChange,
  lostIn,
  merged,
  settingsAt,
  type Version,
} from './versions.ts';

/** Milliseconds that a run may take to read and write, and that every run waits for the others. */
export const SETTLE_MS = 2000;
/** Writes of one edit before it is given up. */
const MAX_WRITES = 8;
/** Looks at one write before it is left in doubt. */
const MAX_LOOKS = 5;
/** Milliseconds over which runs that lost spread their next write, times the writes so far. */
const SPREAD_MS = 500;

/** What an edit needs of the outside. */
export interface EditContext {
  kv: KvStore;
  /** Milliseconds since 1970. */
  now: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  random: () => number;
  signal: AbortSignal;
}

/** A change of what was read. */
export interface Change {
  basis: Basis;
  after: Settings;
  /** The flags that the operator named, changed or not. */
  named: readonly string[];
}

/** Flags as they were read, and when that read began. */
export interface Basis {
  stored: StoredFlags;
  readAt: number;
}

export interface EditOutcome {
  edit: Edit;
  /** More than one if edits made at the same time had replaced it. */
  writes: number;
  /** Changes that are not stored, for somebody else changed the same flags. */
  lost: LostChange[];
  /** Flags that somebody else changed at the same time; both hold. */
  alsoChanged: string[];
  /**
   * `stale`: KV still shows what was there before. `unsettled`: the edit is there, but other edits come so
   * fast that one of them may still replace it.
   */
  doubt: 'stale' | 'unsettled' | null;
  /** Milliseconds from a read to the end of the write that was based on it, at most. */
  slowest: number;
}

export async function readBasis({ kv, now }: Pick<EditContext, 'kv' | 'now'>): Promise<Basis> {
  const readAt = now();
  return { stored: await readFlags(kv), readAt };
}

/**
 * Stores a change: one write and, where it is to be verified, one look, if nobody else edits at the same time.
 * @throws {GoblinError} what `flagsWrite` throws, with nothing written; `not_read_back` (exit 5) and
 *   `interrupted` after a write; or what the API says.
 */
export async function storeEdit(
  context: EditContext,
  { basis, after, named }: Change,
  verify: boolean,
): Promise<EditOutcome> {
  const edit = editOf(basis.stored, after, named, context.now());
  const outcome: EditOutcome = { edit, ...NOTHING_YET };
  let base = basis;
  let settings: Settings | null = after;
  while (settings !== null) {
    const version = await write(context, base, settings, edit, outcome);
    if (!verify) return outcome;
    const { found, doubt } = await look(context, base.stored, version, edit);
    outcome.lost = found === null ? [] : lostIn(found.stored, edit, context.now());
    if (found === null || outcome.lost.length === 0 || outcome.writes === MAX_WRITES) {
      return { ...outcome, doubt, alsoChanged: others(found, settings, edit, context.now()) };
    }
    base = await afresh(context, found, outcome.writes);
    outcome.lost = lostIn(base.stored, edit, context.now());
    settings = merged(base.stored, edit, context.now());
  }
  return { ...outcome, alsoChanged: others(base, after, edit, context.now()) };
}

const NOTHING_YET = { writes: 0, lost: [], alsoChanged: [], doubt: null, slowest: 0 };

async function write(
  { kv, now }: EditContext,
  { stored, readAt }: Basis,
  settings: Settings,
  edit: Edit,
  outcome: EditOutcome,
): Promise<Version> {
  const id = newEditId();
  const pair = flagsWrite(stored, settings, id);
  await kv.put(pair);
  edit.ids.push(id);
  outcome.writes++;
  outcome.slowest = Math.max(outcome.slowest, now() - readAt);
  const { edits = [] } = (pair.metadata ?? {}) as { edits?: string[] };
  return { fingerprint: fingerprint(withBuiltIns(settings)), expiration: null, edits };
}

interface Look {
  /** What is there instead of the version that was written, or with it in it; null if KV shows neither. */
  found: Basis | null;
  doubt: EditOutcome['doubt'];
}

/** Looks until the edit is known to be safe, or lost, or it is left in doubt. */
async function look(
  context: EditContext,
  before: StoredFlags,
  written: Version,
  edit: Edit,
): Promise<Look> {
  let found: Basis | null = null;
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    await pause(context, SETTLE_MS);
    const shown = await readBack(context);
    if (isSame(shown.stored, written)) return { found: shown, doubt: null };
    if (isOlder(shown.stored, before)) continue;
    const isLost = lostIn(shown.stored, edit, context.now()).length > 0;
    const hasStayed = found !== null && isSame(shown.stored, found.stored);
    if (isLost || hasStayed) return { found: shown, doubt: null };
    found = shown;
  }
  return { found, doubt: found === null ? 'stale' : 'unsettled' };
}

/** What to write on next: runs that lost at the same time would replace each other again. */
async function afresh(context: EditContext, found: Basis, writes: number): Promise<Basis> {
  const ms = Math.floor(context.random() * SPREAD_MS * writes);
  if (ms === 0) return found;
  await pause(context, ms);
  const fresh = await readBack(context);
  const isUsable = isSame(fresh.stored, found.stored) || !isOlder(fresh.stored, found.stored);
  return isUsable ? fresh : found;
}

/** Flags beside those of the edit that are not what it left them. */
function others(found: Basis | null, left: Settings, edit: Edit, now: number): string[] {
  if (found === null || found.stored.problem !== null) return [];
  const changed = changedFlags(withBuiltIns(left), settingsAt(found.stored, now));
  return changed.filter((flag) => !edit.flags.includes(flag));
}

async function pause({ sleep, signal }: EditContext, ms: number): Promise<void> {
  await sleep(ms, signal);
  if (!signal.aborted) return;
  throw interrupted('interrupted: the flags are written, but not checked for other edits');
}

async function readBack(context: EditContext): Promise<Basis> {
  try {
    return await readBasis(context);
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
