/** What may stand at the cursor, read from the command tree: no list of commands is kept beside it. */
import type { Argument, Command, Option } from 'commander';
import { fill, type Noun } from '../command.ts';

export interface Candidate {
  value: string;
  /** Half a sentence, for shells that show one. */
  description: string;
}

/** What is asked for at the cursor. */
export interface Slot {
  /** The command that the words before it name. */
  command: Command;
  /** The option whose value it is, or the argument; neither where a command or an option may stand. */
  takes: Option | Argument | null;
  /** Words that the command has no place for: nothing sensible can follow them. */
  lost: boolean;
  /** Whether the words begin with `help`: commands follow, without their arguments. */
  help: boolean;
  /** Global options that were given before, by the names they have in the program. */
  given: Readonly<Record<string, string | true>>;
}

/** Reads the words before the cursor, filling the noun among them with its verbs. */
export async function findSlot(
  root: Command,
  nouns: readonly Noun[],
  words: readonly string[],
): Promise<Slot> {
  let command = root;
  let argument = 0;
  const given: Record<string, string | true> = {};
  const help = words[0] === 'help';
  for (let at = help ? 1 : 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const option = word.startsWith('-') ? findOption(command, root, word) : undefined;
    const verb = option ? undefined : command.commands.find((sub) => sub.name() === word);
    if (option) {
      const [, inline] = word.split('=', 2);
      const separate = takesValue(option) && inline === undefined;
      if (separate && at + 1 === words.length) {
        return { command, takes: option, lost: false, given, help };
      }
      given[option.attributeName()] = inline ?? (separate ? (words[++at] ?? '') : true);
    } else if (verb && argument === 0) {
      command = verb;
      if (verb.parent === root) await fill(verb, nouns, async () => {}, words[at + 1]);
    } else if (!word.startsWith('-')) argument++;
  }
  const takes = argumentAt(command, argument);
  return { command, takes, lost: takes === null && argument > 0, given, help };
}

function argumentAt({ registeredArguments }: Command, at: number): Argument | null {
  const last = registeredArguments.at(-1);
  return registeredArguments[at] ?? (last?.variadic ? last : null);
}

const takesValue = ({ required, optional }: Option) => required || optional;

/** The option that a word such as `--env=prod` begins with. */
export function findOption(command: Command, root: Command, word: string): Option | undefined {
  const [flag] = word.split('=', 1);
  return optionsOf(command, root).find(({ long, short }) => long === flag || short === flag);
}

function optionsOf(command: Command, root: Command): Option[] {
  return command === root ? [...root.options] : [...command.options, ...root.options];
}

/** Commands that may follow; none where the command takes arguments. */
export function commandWords({ commands }: Command): Candidate[] {
  return commands
    .filter((command) => !command.name().startsWith('_'))
    .map((command) => ({
      value: command.name(),
      description: command.summary() || firstLine(command.description()),
    }));
}

/** Options by their long names; those of the command before those of every command. */
export function optionWords(command: Command, root: Command): Candidate[] {
  return optionsOf(command, root).flatMap(({ long, description, hidden }) =>
    long && !hidden ? [{ value: long, description: firstLine(description) }] : [],
  );
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? '';
