import { closestMatch } from 'leven';

/**
 * The candidate a mistyped word was probably meant to be, or undefined where none is near: at most two
 * edits in five letters (two swapped letters are two edits), upper and lower case alike.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const byLowerCase = new Map(candidates.map((candidate) => [candidate.toLowerCase(), candidate]));
  const maxDistance = Math.ceil(word.length * 0.4);
  const match = closestMatch(word.toLowerCase(), [...byLowerCase.keys()], { maxDistance });
  return match === undefined ? undefined : byLowerCase.get(match);
}

/** The hint after an unknown word: the nearest one where there is one, and what there is to choose from. */
export function suggest(word: string, candidates: readonly string[]): string {
  const match = nearest(word, candidates);
  const list = `Known: ${candidates.join(', ')}.`;
  return match === undefined ? list : `Did you mean ${match}? ${list}`;
}
