import { closestMatch } from 'leven';

/** Edits that still count as a slip: 2 for a word of three to five letters, 3 for longer ones. */
const editsFor = (word: string): number => Math.min(3, Math.ceil(word.length * 0.4));

/** The candidate that a mistyped word was probably meant to be, or undefined where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const byLowerCase = new Map(candidates.map((candidate) => [candidate.toLowerCase(), candidate]));
  const match = closestMatch(word.toLowerCase(), [...byLowerCase.keys()], {
    maxDistance: editsFor(word),
  });
  return match === undefined ? undefined : byLowerCase.get(match);
}

/** The hint after an unknown word: the nearest one where there is one, and what there is to choose from. */
export function suggest(word: string, candidates: readonly string[]): string {
  const match = nearest(word, candidates);
  const list = `Known: ${candidates.join(', ')}.`;
  return match === undefined ? list : `Did you mean ${match}? ${list}`;
}
