/** How help is laid out: what it is for first, then what there is, and what every command takes last. */
import type { Command, Help } from 'commander';
import { allColours } from './output/colour.ts';

type Item = [term: string, description: string];

/** For commander's `configureHelp`. Colour is taken out again by commander where there is none. */
export const helpLayout: Partial<Help> = {
  sortSubcommands: false,
  styleTitle: (title) => allColours().bold(title),
  formatHelp: (command, help) => `${sections(command, help).join('\n\n')}\n`,
};

function sections(command: Command, help: Help): string[] {
  const width = widest(command, help);
  const list = (title: string, items: Item[]) =>
    [
      help.styleTitle(title),
      ...items.map(([term, text]) => help.formatItem(term, width, text, help)),
    ].join('\n');
  return [
    `${help.styleTitle('Usage:')} ${help.commandUsage(command)}`,
    help.commandDescription(command).replace('Examples:', help.styleTitle('Examples:')),
    ...lists(command, help)
      .filter(([, items]) => items.length > 0)
      .map(([title, items]) => list(title, items)),
  ];
}

function lists(command: Command, help: Help): [string, Item[]][] {
  const commands = help.visibleCommands(command);
  const options = help.visibleOptions(command);
  const global = command.parent ? rootOptions(command, help) : [];
  return [
    [
      'Commands:',
      commands.map((sub) => [help.subcommandTerm(sub), help.subcommandDescription(sub)]),
    ],
    ['Arguments:', help.visibleArguments(command).map((each) => [each.name(), each.description])],
    ['Options:', options.map((option) => [option.flags, help.optionDescription(option)])],
    ['Global options:', global.map((option) => [option.flags, help.optionDescription(option)])],
  ];
}

function rootOptions(command: Command, help: Help) {
  return help.visibleGlobalOptions(command).filter(({ long }) => long !== '--version');
}

function widest(command: Command, help: Help): number {
  const terms = lists(command, help).flatMap(([, items]) => items.map(([term]) => term.length));
  return Math.max(0, ...terms);
}
