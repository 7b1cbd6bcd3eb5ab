/** The names of flags: which are known, and which a new one may have. */
import { GoblinError, usageError } from '../../contract/errors.ts';
import type { Settings } from '../../flags/settings.ts';
import { DEFAULT_FLAGS } from '../../shards/flag-value.ts';
import { clip } from '../../shards/summary.ts';
import { nearest } from '../../text/nearest.ts';

const NEW_NAME = /^[a-z][a-z0-9_.-]{0,63}$/;

/** Names shown in a hint. */
const MOST_NAMED = 20;

/** Every flag that is set or built in, in the order of the names. */
export function knownFlags(settings: Settings): string[] {
  return [...new Set([...Object.keys(DEFAULT_FLAGS), ...settings.keys()])].sort();
}

/**
 * Refuses an unknown flag, since the edge would never read it.
 * @throws {GoblinError} `unknown_flag` with the nearest name: exit 3, or 2 if it was to be set
 */
export function requireKnown(
  flags: readonly string[],
  settings: Settings,
  outcome: 'notFound' | 'usage' = 'notFound',
): void {
  const known = knownFlags(settings);
  const unknown = flags.find((flag) => !known.includes(flag));
  if (unknown === undefined) return;
  const guess = nearest(clip(unknown, 100), known);
  const more = known.length > MOST_NAMED ? ' …' : '';
  const hints = [
    ...(guess === undefined ? [] : [`Did you mean ${clip(guess, 64)}?`]),
    `Known: ${known
      .slice(0, MOST_NAMED)
      .map((flag) => clip(flag, 64))
      .join(', ')}${more}.`,
    ...(outcome === 'usage' ? ['Pass --create to add a new one.'] : []),
  ];
  const message = `there is no flag "${clip(unknown, 64)}"`;
  throw new GoblinError(outcome, 'unknown_flag', message, { hint: hints.join(' ') });
}

/** Refuses to make a flag that would be hard to type or to read. @throws {GoblinError} exit 2 */
export function checkNewName(flag: string): void {
  if (NEW_NAME.test(flag)) return;
  throw usageError(
    'bad_flag_name',
    `"${clip(flag, 64)}" is not a valid name for a new flag`,
    'Begin with a small letter, go on with small letters, digits, "_", "." or "-"; at most 64.',
  );
}
