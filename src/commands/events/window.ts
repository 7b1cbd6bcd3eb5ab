/** `--since` and `--until`: checked when they are parsed, and resolved once, by the clock of the run. */
import type { Command } from 'commander';
import { usageError } from '../../contract/errors.ts';
import type { Span } from '../../kv/ranges/ranges.ts';
import { parseInstant } from '../../text/durations.ts';

/** Times as they were typed: `1h` means another instant in each run. */
export interface WindowFlags {
  since?: string;
  until?: string;
}

/** A window in milliseconds since 1970. */
export interface TimeWindow extends Span {
  /** Where it ends for the operator; without `--until`, `to` is later than that by `AHEAD_MS`. */
  end: number;
}

/**
 * Milliseconds that the edge's clock may be ahead of this machine's: without `--until`, events up to then
 * are shown.
 */
export const AHEAD_MS = 60_000;

/** A time as it was typed. @throws {GoblinError} `bad_time`, exit 2 */
export function checkedTime(text: string): string {
  parseInstant(text, 0);
  return text;
}

/** @param standard what `--since` is if it is not given, in words */
export function addWindowOptions(command: Command, standard: string): Command {
  return command
    .option(
      '--since <time>',
      `from then on: 15m, 1h, 7d, yesterday, 2026-01-31T12:00Z, Unix time (${standard})`,
      checkedTime,
    )
    .option('--until <time>', 'before then, in the same forms', checkedTime);
}

/**
 * The window that the options mean at `now`.
 * @param standardMs its length if `--since` is not given; if absent, it begins with the first record
 * @throws {GoblinError} `empty_window`, exit 2, if it ends before it begins
 */
export function windowOf({ since, until }: WindowFlags, now: number, standardMs = now): TimeWindow {
  const from = since === undefined ? now - standardMs : parseInstant(since, now);
  const end = until === undefined ? now : parseInstant(until, now);
  const to = until === undefined ? now + AHEAD_MS : end;
  if (from < to) return { from, to, end };
  throw usageError(
    'empty_window',
    'the window ends before it begins',
    'Let --since be earlier than --until.',
  );
}
