/** What Tab offers for an option or an argument whose parser takes more than a fixed list of words. */
import type { Argument, Option } from 'commander';

export interface Offered {
  words: readonly string[];
  /** Whether several may stand in one word, between commas. */
  isList: boolean;
}

const OFFERED = new WeakMap<object, Offered>();

/** Marks an option or argument with its words, and gives it back. */
export function offering<Takes extends Option | Argument>(
  takes: Takes,
  words: readonly string[],
  { isList = false } = {},
): Takes {
  OFFERED.set(takes, { words, isList });
  return takes;
}

/** The words that were offered for it, undefined where there are none. */
export function offeredFor(takes: Option | Argument): Offered | undefined {
  return OFFERED.get(takes);
}
