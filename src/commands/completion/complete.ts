import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import type { Declare, Noun } from '../command.ts';
import { TOPICS } from '../help/topics.ts';
import { valuesOf } from './values.ts';
import { type Candidate, commandWords, findOption, findSlot, optionWords } from './words.ts';

interface Options {
  root: Command;
  before: string[];
  word: string;
}

/** What the shells' scripts call at Tab: `goblin __complete --word=<partial> -- <words before it>`. */
export const declare: Declare = (noun, run) => {
  noun
    .description('Words that may stand at the cursor; for the scripts of `goblin completion`.')
    .argument('[words...]')
    .option('--word <partial>', 'the word at the cursor', '')
    .action((before: string[], { word }: { word: string }) =>
      run(complete, { root: noun.parent ?? noun, before, word }),
    );
};

/**
 * Writes `words` and a line `word<TAB>description` for each, or `files` where the shell should offer files.
 * It never fails: at Tab nobody wants to read an error.
 */
export async function complete(context: Context, { root, before, word }: Options): Promise<void> {
  const { nouns } = await import('../list.ts');
  const answer = await candidates(context, root, nouns, before, word).catch(() => []);
  if (answer === null) return context.io.stdout.write('files\n');
  const fitting = answer.filter(({ value }) => value.startsWith(word));
  const lines = fitting.map(({ value, description }) => `${value}\t${description}\n`);
  await context.io.stdout.write(`words\n${lines.join('')}`);
}

async function candidates(
  context: Context,
  root: Command,
  nouns: readonly Noun[],
  before: readonly string[],
  word: string,
): Promise<readonly Candidate[] | null> {
  const slot = await findSlot(root, nouns, before);
  const { command, takes, lost } = slot;
  if (slot.help && before.length === 1) return [...topicWords(), ...commandWords(root)];
  if (takes && !isArgument(takes, command)) {
    return plain(await valuesOf(context, slot, takes, word));
  }
  if (word.startsWith('-')) {
    const [flag, value] = word.split('=', 2);
    const option = value === undefined ? undefined : findOption(command, root, word);
    if (!option) return optionWords(command, root);
    return plain(await valuesOf(context, slot, option, value ?? ''), `${flag}=`);
  }
  if (lost) return [];
  if (command.commands.length > 0) return commandWords(command);
  if (word.startsWith('@')) return null;
  return takes && !slot.help ? plain(await valuesOf(context, slot, takes, word)) : [];
}

const topicWords = (): Candidate[] =>
  TOPICS.map(({ name, summary }) => ({ value: name, description: summary }));

function isArgument(takes: object, { registeredArguments }: Command): boolean {
  return registeredArguments.some((argument) => argument === takes);
}

function plain(values: readonly string[] | null, prefix = ''): Candidate[] | null {
  return values?.map((value) => ({ value: prefix + value, description: '' })) ?? null;
}
