/** `--wait`: watches the edge until it obeys a change. */
import type { Context } from '../../context.ts';
import { GoblinError, interrupted, usageError } from '../../contract/errors.ts';
import { type Settings, valueAt } from '../../flags/settings.ts';
import { parseDuration } from '../../text/durations.ts';
import { observedFlags } from './observed.ts';
import { inEffect } from './value.ts';

/** Twice as long as an edge may take that works. */
export const DEFAULT_WAIT = '2m';

/** Milliseconds between two looks: an edge counts each of them as a request. */
const PAUSE_MS = 2000;
/** Looks in a row that have to agree: an edge is many isolates, and one of them may be ahead. */
const ENOUGH = 3;

interface Awaited {
  flags: readonly string[];
  after: Settings;
}

/** Milliseconds of `--wait`. @throws {GoblinError} exit 2 for less than a second */
export function parseWait(text: string): number {
  const ms = parseDuration(text);
  if (ms >= 1000) return ms;
  throw usageError('bad_duration', `--wait ${text} is too short`, 'Edges take up to 60 s.');
}

/**
 * Prepares the watch, so that what makes it impossible is known before anything is written.
 * @returns watches for at most so many milliseconds; `edge_behind` (exit 5) where the edge does not obey by then
 * @throws {GoblinError} `no_edge`; `cannot_wait` (exit 2) for percentages, which depend on the user
 */
export async function watchFor(
  context: Context,
  { flags, after }: Awaited,
): Promise<(ms: number) => Promise<void>> {
  const wanted = () => decided(flags, after, context.now());
  if (flags.length > 0 && wanted().size === 0) {
    throw usageError(
      'cannot_wait',
      'the edge tells flags for one caller, so a percentage of users cannot be watched',
      'Leave out --wait.',
    );
  }
  const edge = await context.edge();
  return async (ms) => {
    const until = context.now() + ms;
    const progress = context.log.progress(`waiting for ${edge.url} to obey`, ENOUGH);
    let behind = '';
    try {
      for (let agreed = 0; agreed < ENOUGH; ) {
        behind = await behindOf(wanted(), () => observedFlags(context, edge));
        agreed = behind === '' ? agreed + 1 : 0;
        await progress.update(agreed);
        if (agreed === ENOUGH) break;
        if (context.now() + PAUSE_MS > until) throw edgeBehind(edge.url, ms, behind);
        await context.sleep(PAUSE_MS, context.signal);
        if (context.signal.aborted)
          throw interrupted('stored, but interrupted before the edge obeyed');
      }
    } finally {
      await progress.end();
    }
    await context.log.note(`${edge.url} obeys.`);
  };
}

/** The flags that are on or off for everybody at `now`. */
function decided(flags: readonly string[], after: Settings, now: number): Map<string, boolean> {
  const wanted = new Map<string, boolean>();
  for (const flag of flags) {
    const value = inEffect(valueAt(flag, after.get(flag), now));
    if (typeof value === 'boolean') wanted.set(flag, value);
  }
  return wanted;
}

/** What the edge does not obey yet, in words; empty where it obeys. An edge that does not answer may do so soon. */
async function behindOf(
  wanted: ReadonlyMap<string, boolean>,
  observe: () => Promise<Record<string, boolean>>,
): Promise<string> {
  try {
    const flags = await observe();
    // An edge whose API is off tells nothing of the other flags.
    const isOff = Object.keys(flags).join() === 'api_enabled';
    const others = [...wanted].filter(([flag, on]) =>
      isOff && flag !== 'api_enabled' ? true : (flags[flag] ?? false) !== on,
    );
    return others.map(([flag]) => `${flag} is ${flags[flag] ?? 'unknown'}`).join(', ');
  } catch (error) {
    if (error instanceof GoblinError && error.outcome === 'failed') return error.message;
    throw error;
  }
}

function edgeBehind(url: string, ms: number, behind: string): GoblinError {
  const why = behind === '' ? 'it agreed only now' : behind;
  return new GoblinError(
    'partial',
    'edge_behind',
    `the flags are stored, but ${url} does not obey after ${ms / 1000} s: ${why}`,
    { hint: `Compare with \`goblin flags drift --via ${url}\`.`, retryable: true },
  );
}
