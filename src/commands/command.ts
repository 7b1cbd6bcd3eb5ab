/**
 * What a command is: two functions. One declares arguments and options and ends their parsing, the other
 * does the work with a context and plain options, and never sees the parser.
 */
import type { Command } from 'commander';
import { addWatchOption } from '../arguments/watch.ts';
import type { Context } from '../context.ts';

/** Does the work of a command. */
export type Work<Options> = (context: Context, options: Options) => Promise<void>;

/** Runs the work with the context of this run; a declaration ends with this call. */
export type Run = <Options>(work: Work<Options>, options: Options) => Promise<void>;

/** Adds one command, or a noun's arguments, to its place in the tree. */
export type Declare = (parent: Command, run: Run) => void;

/** The commands of a noun by the words for them, each loaded when it is used; '' is the noun itself. */
export type Verbs = Readonly<Record<string, () => Promise<Declare>>>;

/** A first word of the command line. */
export interface Noun {
  name: string;
  /** Half a sentence for `goblin --help`. */
  summary: string;
  /** Not for people: left out of help. */
  hidden?: true;
  verbs: Verbs;
}

/** Gives a noun in the tree its verbs: the one that `word` names, or all where it names none (help, a slip). */
export async function fill(
  parent: Command,
  listed: readonly Noun[],
  run: Run,
  word = '',
): Promise<void> {
  const verbs = listed.find(({ name }) => name === parent.name())?.verbs ?? {};
  const named = Object.hasOwn(verbs, word) ? verbs[word] : undefined;
  const wanted = named ? [named] : Object.values(verbs);
  for (const declare of await Promise.all(wanted.map((load) => load()))) declare(parent, run);
  for (const command of [parent, ...parent.commands]) {
    if (WATCHED.has(command.name())) addWatchOption(command);
  }
}

/** The commands that list what may change by itself; each takes `--watch`. */
const WATCHED: ReadonlySet<string> = new Set(['list', 'top', 'stats', 'shards']);

/** A command's help: what it does, then examples before all options. */
export function describe(sentence: string, examples: readonly string[]): string {
  return [sentence, '', 'Examples:', ...examples.map((example) => `  $ ${example}`)].join('\n');
}
