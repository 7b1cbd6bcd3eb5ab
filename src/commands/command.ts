/**
 * What a command is: two functions. One declares arguments and options and ends their parsing, the other
 * does the work with a context and plain options, and never sees the parser.
 */
import type { Command } from 'commander';
import type { Context } from '../context.ts';

/** Does the work of a command. */
export type Work<Options> = (context: Context, options: Options) => Promise<void>;

/** Runs the work with the context of this run; a declaration ends with this call. */
export type Run = <Options>(work: Work<Options>, options: Options) => Promise<void>;

/** Adds one command, or a noun's arguments, to its place in the tree. */
export type Declare = (parent: Command, run: Run) => void;

/** A first word of the command line. Its module is loaded when it is used. */
export interface Noun {
  name: string;
  /** Half a sentence for `goblin --help`. */
  summary: string;
  /** Not for people: left out of help. */
  hidden?: true;
  load: () => Promise<readonly Declare[]>;
}

/** A command's help: what it does, then examples before all options. */
export function describe(sentence: string, examples: readonly string[]): string {
  return [sentence, '', 'Examples:', ...examples.map((example) => `  $ ${example}`)].join('\n');
}
