/** The manual page, `docs/goblin.1`, from the command tree and the help topics: `man goblin` once it is installed. */
import type { Command, Option } from 'commander';
import { TOPICS, type Topic } from '../src/commands/help/topics.ts';
import { VERSION } from '../src/contract/version.ts';

/** In the macros of man(7). */
export function manPage(root: Command): string {
  const [sentence = ''] = root.description().split('\n');
  return [
    `.TH GOBLIN 1 "" "goblin ${VERSION}" "User Commands"`,
    '.SH NAME',
    `goblin \\- ${escaped('the operator’s command for Goblin Assistant’s edge memory on Cloudflare')}`,
    '.SH SYNOPSIS',
    '.B goblin',
    escaped('<noun> <verb> [options]'),
    '.SH DESCRIPTION',
    escaped(sentence),
    '.SH GLOBAL OPTIONS',
    ...options(root.options),
    '.SH COMMANDS',
    ...root.commands.flatMap(leaves).flatMap(commandSection),
    ...TOPICS.flatMap(topicSection),
    '',
  ].join('\n');
}

function leaves(command: Command): Command[] {
  return command.commands.length > 0 ? command.commands.flatMap(leaves) : [command];
}

function commandSection(command: Command): string[] {
  const [sentence = '', examples] = command.description().split('\n\nExamples:\n');
  return [
    `.SS ${escaped(synopsis(command))}`,
    escaped(sentence),
    ...(examples === undefined ? [] : ['.PP', '.nf', ...examples.split('\n').map(escaped), '.fi']),
    ...options(command.options),
  ];
}

/** `goblin flags set <flag> <value>` */
function synopsis(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at; at = at.parent) names.unshift(at.name());
  const words = command.registeredArguments.map((argument) => {
    const name = argument.name() + (argument.variadic ? '...' : '');
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [...names, ...words].join(' ');
}

function options(all: readonly Option[]): string[] {
  const visible = all.filter(({ hidden }) => !hidden);
  return visible.flatMap(({ flags, description }) => term(flags, description));
}

function topicSection({ name, parts }: Topic): string[] {
  const body = parts.map((part) =>
    typeof part === 'string' ? ['.PP', escaped(part)] : part.flatMap((item) => term(...item)),
  );
  return [`.SH ${escaped(name.toUpperCase().replace('-', ' '))}`, ...body.flat()];
}

const term = (name: string, meaning: string): string[] => [
  '.TP',
  `.B ${escaped(name)}`,
  escaped(meaning),
];

/** Text in which roff sees nothing of its own: backslashes, hyphens that are minus signs, dots at the start of a line. */
function escaped(text: string): string {
  const plain = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('’', '\\(cq');
  const ascii = plain.replace(/[^\x20-\x7e]/gu, (char) => `\\[u${hexOf(char)}]`);
  return ascii.replace(/^([.'])/, '\\&$1');
}

const hexOf = (char: string) =>
  (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
