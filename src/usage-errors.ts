/** What to say of a command line that does not parse: which word is wrong, and which command to run instead. */
import type { Command, CommanderError } from 'commander';
import { nouns } from './commands/list.ts';
import { type GoblinError, usageError } from './contract/errors.ts';
import { nearest } from './text/nearest.ts';

/** First words that other tools know, and what to run here. */
const COMMON_WORDS: Readonly<Record<string, string>> = {
  tail: '`goblin events tail` shows events as they come; `goblin security tail` only what was blocked.',
  logs: '`goblin events tail` shows events as they come; `goblin audit list` shows who changed what.',
  log: '`goblin events tail` shows events as they come; `goblin audit list` shows who changed what.',
  top: '`goblin events top` counts events by address; `goblin usage top` sums usage by user.',
  stats:
    '`goblin analytics stats` counts requests over time; `goblin shards` counts what is stored.',
  login:
    'Run `wrangler login`, or set CLOUDFLARE_API_TOKEN; `goblin config show` says which is used.',
  logout: 'goblin keeps no login: run `wrangler logout`, or unset CLOUDFLARE_API_TOKEN.',
  version: '`goblin --version` prints it.',
  whoami: '`goblin config show` lists account and credentials, and where each comes from.',
  status: '`goblin doctor` checks the setup; `goblin d1 status` checks the database.',
  users:
    '`goblin user show` with an id tells of one user; `goblin sessions list` shows who is logged in.',
};

/** Exit 2 for a line that commander refused. @param root the tree that parsed it, as far as it came */
export function refusal(error: CommanderError, root: Command): GoblinError {
  // Commander has shown the help of a noun without a verb already.
  if (error.code === 'commander.help') {
    return usageError('no_command', 'which command?', helpFor(root));
  }
  const [what = '', suggestion] = withoutLongWords(error.message).split('\n');
  const word = root.args[0] ?? '';
  const isFirstWord = error.code === 'commander.unknownCommand' && usedPath(root).length === 0;
  const hint =
    (isFirstWord ? commonWord(word) : undefined) ??
    suggestion?.replace(/^\((.*)\)$/, '$1') ??
    helpFor(root);
  return usageError(codeOf(error), what, hint);
}

/** What to run in place of a first word that other tools have. */
function commonWord(word: string): string | undefined {
  return Object.hasOwn(COMMON_WORDS, word) ? COMMON_WORDS[word] : undefined;
}

/**
 * Checks the words after `goblin help`, which commander takes as they come.
 * @throws {GoblinError} exit 2, `unknown_command`, for what is neither a command nor one of `topics`
 */
export function checkHelpWords(words: readonly string[], topics: readonly string[]): void {
  const [first, second] = words;
  if (first === undefined) return;
  const noun = nouns.find(({ name }) => name === first);
  if (!noun) {
    const names = nouns.filter(({ hidden }) => !hidden).map(({ name }) => name);
    throw unknown(`command or help topic '${first}'`, first, [...names, ...topics], 'goblin help');
  }
  const verbs = Object.keys(noun.verbs).filter(Boolean);
  if (second === undefined || verbs.includes(second)) return;
  throw unknown(`command 'goblin ${first} ${second}'`, second, verbs, `goblin help ${first}`);
}

function unknown(what: string, word: string, known: readonly string[], help: string): GoblinError {
  const match = nearest(word, known);
  const guess = match === undefined ? '' : `Did you mean ${match}? `;
  const hint = commonWord(word) ?? `${guess}\`${help}\` lists them.`;
  return usageError('unknown_command', withoutLongWords(`unknown ${what}`), hint);
}

/** The help of the command that was named, as far as one was. */
function helpFor(root: Command): string {
  const path = usedPath(root);
  const last = path.at(-1) ?? root;
  const line = ['goblin help', ...path.map((command) => command.name())].join(' ');
  return last.commands.length > 0
    ? `\`${line}\` lists the commands.`
    : `\`${line}\` tells what it takes.`;
}

/** The noun and the verb of the line, as far as they are known. */
function usedPath(root: Command): Command[] {
  const path: Command[] = [];
  let at: Command | undefined = root;
  for (const word of root.args) {
    at = at.commands.find((command) => command.name() === word);
    if (!at) break;
    path.push(at);
  }
  return path;
}

/** Commander's `commander.unknownOption` in the form of all other codes: `unknown_option`. */
function codeOf({ code }: CommanderError): string {
  const word = code.replace('commander.', '');
  return word.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Commander repeats the word that it did not know, and a long one may be a session token. */
function withoutLongWords(message: string): string {
  return message
    .replace(/^error: /, '')
    .replace(/'[^'\s]{25,}'/g, (word) => `${word.slice(0, 5)}…'`);
}
