/** The command tree: nouns by name at once, and of one that is used the verb that is used. */
import { Command, CommanderError } from 'commander';
import { watchFlag } from './arguments/watch.ts';
import { fill, type Noun, type Run, type Work } from './commands/command.ts';
import { nouns } from './commands/list.ts';
import { VERSION } from './contract/version.ts';
import { addGlobalOptions, type GlobalOptions } from './global-options.ts';
import { helpLayout } from './help.ts';

/** How the tree reaches the outside: where its help goes, and who runs a command. */
export interface Outside {
  out(text: string): void;
  err(text: string): void;
  /** Whether help may have colour. */
  colour: boolean;
  /** Runs a command's work in the context that its global options make. */
  run<Options>(work: Work<Options>, options: Options, global: GlobalOptions): Promise<void>;
}

const DESCRIPTION = `The operator's command for Goblin Assistant's edge memory on Cloudflare.

Examples:
  $ goblin flags set new_ui_enabled true
  $ goblin security tail --since 1h
  $ goblin ratelimit reset 203.0.113.9 --yes`;

const EXIT_CODES = `
Exit codes:
  0 done · 1 failed · 2 usage or bad input · 3 not found · 4 no target, credentials or permission
  5 partly done · 6 not confirmed · 7 rate limit or quota · 8 a check found a difference
  130 interrupted

Help topics:
  goblin help exit-codes · targets · output · environment
`;

/** The whole tree. Parsing a command line with it ends in `outside.run`, in help, or in an error. */
export function program(outside: Outside, listed: readonly Noun[] = nouns): Command {
  const root = new Command('goblin')
    .description(DESCRIPTION)
    .usage('<noun> <verb> [options]')
    .version(VERSION, '-V, --version', 'the version')
    .helpCommand(false)
    .addHelpText('after', EXIT_CODES)
    .configureHelp({ ...helpLayout, showGlobalOptions: true })
    .configureOutput({
      writeOut: outside.out,
      writeErr: outside.err,
      outputError: () => {},
      getOutHasColors: () => outside.colour,
      getErrHasColors: () => outside.colour,
    })
    .exitOverride()
    .hook('preSubcommand', (_root, noun) => fill(noun, nouns, run, root.args[1]));
  let used: Pick<GlobalOptions, 'command' | 'watch'> = {};
  root.hook('preAction', (_root, command) => {
    used = { command: pathOf(command), ...watchFlag(command) };
  });
  const run: Run = (work, options) =>
    outside.run(work, options, { ...root.opts<GlobalOptions>(), ...used });
  addGlobalOptions(root);
  for (const { name, summary, hidden = false } of listed) {
    root.command(name, { hidden }).description(summary).helpCommand(false);
  }
  return root;
}

/** The noun and verb of a command: `sessions.revoke`. */
function pathOf(command: Command): string {
  const path: string[] = [];
  for (let at = command; at.parent; at = at.parent) path.unshift(at.name());
  return path.join('.');
}

/** The tree with every noun filled, hidden ones left out: for the command reference and completion. */
export async function wholeProgram(): Promise<Command> {
  const idle: Outside = { out: () => {}, err: () => {}, colour: false, run: async () => {} };
  const shown = nouns.filter(({ hidden }) => !hidden);
  const root = program(idle, shown);
  for (const noun of root.commands) await fill(noun, nouns, async () => {});
  return root;
}

/**
 * Parses and runs a command line (without node and script).
 * @throws {GoblinError} what the command threw, or exit 2 for a line that does not parse.
 */
export async function runProgram(argv: readonly string[], outside: Outside): Promise<void> {
  const line = argv[0] === 'help' ? await spellOutHelp(argv.slice(1), outside) : argv;
  if (line === null) return;
  const root = program(outside);
  try {
    await root.parseAsync(line, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw (await import('./usage-errors.ts')).refusal(error, root);
  }
}

/**
 * `help flags set` means `flags set --help`: so the noun is filled before its help is shown.
 * @returns null where the help was a topic's, which has been written
 */
async function spellOutHelp(
  argv: readonly string[],
  outside: Outside,
): Promise<readonly string[] | null> {
  const words = argv.filter((word) => !word.startsWith('-'));
  const [{ TOPICS }, { checkHelpWords }] = await Promise.all([
    import('./commands/help/topics.ts'),
    import('./usage-errors.ts'),
  ]);
  const topic = TOPICS.find(({ name }) => name === words[0]);
  if (topic) {
    outside.out((await import('./commands/help/text.ts')).topicText(topic));
    return null;
  }
  const names = TOPICS.map(({ name }) => name);
  checkHelpWords(words, names);
  return [...argv, '--help'];
}
