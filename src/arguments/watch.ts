/** `--watch [interval]`: a list that is read again and again. */
import { type Command, Option } from 'commander';
import { GoblinError, usageError } from '../contract/errors.ts';
import { parseDuration } from '../text/durations.ts';

const SHORTEST_MS = 1000;
const USUAL = '5s';

/** Declares `--watch` of a list; `watchFlag` reads it. */
export function addWatchOption(command: Command): void {
  command.addOption(
    new Option(
      '--watch [interval]',
      `read it again every ${USUAL}, or as often as said (1s at least)`,
    )
      .preset(USUAL)
      .argParser(parseInterval),
  );
}

/**
 * Milliseconds between two refreshes; undefined without `--watch`.
 * @throws {GoblinError} exit 2 together with `--exit-code`, which needs an end
 */
export function watchFlag(command: Command): { watch?: number } {
  const { watch, exitCode } = command.opts<{ watch?: number; exitCode?: true }>();
  if (watch === undefined) return {};
  if (exitCode) {
    throw usageError(
      'bad_watch',
      '--watch and --exit-code do not go together: a watch has no end',
      'Leave one of them out.',
    );
  }
  if (command.optsWithGlobals<{ jq?: string }>().jq !== undefined) {
    throw usageError(
      'bad_watch',
      '--watch and --jq do not go together',
      'Write -o ndjson, and pipe the snapshots into jq.',
    );
  }
  return { watch };
}

function parseInterval(text: string): number {
  const ms = durationOf(text);
  if (ms >= SHORTEST_MS) return ms;
  throw usageError(
    'bad_interval',
    `"${text}" is too short an interval`,
    'Each refresh makes requests, so it is 1s at least.',
  );
}

/** The word after `--watch` may be meant as an argument of the command. */
function durationOf(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof GoblinError)) throw error;
    throw error.with({
      hint: `${error.hint} An argument goes before --watch, or after --watch=5s.`,
    });
  }
}
