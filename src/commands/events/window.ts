/** `--since` and `--until`: times that are told once the clock of the run is known. */
import type { Command } from 'commander';
import { usageError } from '../../contract/errors.ts';
import type { Span } from '../../kv/ranges/ranges.ts';
import { parseInstant } from '../../text/durations.ts';

/** Milliseconds since 1970 of a time as it was typed, seen from `now`. */
export type When = (now: number) => number;

export interface WindowFlags {
  since?: When;
  until?: When;
}

/**
 * Milliseconds that the edge's clock may be ahead of this machine's: without `--until`, events up to then
 * are shown.
 */
export const AHEAD_MS = 60_000;

/** @throws {GoblinError} exit 2 for what is no time. */
export function parseWhen(text: string): When {
  parseInstant(text, 0);
  return (now) => parseInstant(text, now);
}

export const ago =
  (ms: number): When =>
  (now) =>
    now - ms;

/** @param standard what `--since` is where it is not given, in words */
export function addWindowOptions(command: Command, standard: string): Command {
  return command
    .option(
      '--since <time>',
      `from then on: 15m, 1h, 7d, yesterday, 2026-01-31T12:00Z, Unix time (${standard})`,
      parseWhen,
    )
    .option('--until <time>', 'before then, in the same forms', parseWhen);
}

/** The window in milliseconds. @throws {GoblinError} exit 2 where it ends before it begins. */
export function spanOf({ since, until }: WindowFlags, now: number): Span {
  const from = since?.(now) ?? 0;
  const to = until?.(now) ?? now + AHEAD_MS;
  if (from < to) return { from, to };
  throw usageError(
    'empty_window',
    'the window ends before it begins',
    'Let --since be earlier than --until.',
  );
}
