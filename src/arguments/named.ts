/** What a command is to work on: named one by one, on stdin, or by an option. */
import { usageError } from '../contract/errors.ts';
import { readAll } from '../io/read-all.ts';
import type { Source } from '../io/streams.ts';

/** The words of a command line, each once, with the lines of stdin in place of `-`. */
export async function namedWords(stdin: Source, words: readonly string[]): Promise<string[]> {
  const named = new Set<string>();
  for (const word of words) {
    for (const name of word === '-' ? await linesOf(stdin) : [word]) named.add(name);
  }
  return [...named];
}

/** Lines without the blanks around them; empty ones are left out. */
async function linesOf(stdin: Source): Promise<string[]> {
  const lines = (await readAll(stdin.read())).toString().split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

/**
 * Refuses a command that was told in no way, or in two, what to work on.
 * @param ways each as the help writes it, and whether it was used
 */
export function requireOneWay(ways: Readonly<Record<string, boolean>>): void {
  const all = Object.keys(ways);
  const used = all.filter((way) => ways[way]);
  if (used.length === 1) return;
  const message =
    used.length === 0 ? 'nothing is named' : `${used.join(' and ')} exclude each other`;
  throw usageError('bad_selection', message, `Give one of ${all.join(', ')}.`);
}
