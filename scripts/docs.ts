/**
 * Writes the pages that can be generated: `docs/commands.md` and the manual page from the command tree,
 * `docs/help.md` from the help topics and `docs/storage.md` from the shards. A test compares them with what is committed; `npm run docs` writes them anew.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command, Option } from 'commander';
import { type Item, TOPICS } from '../src/commands/help/topics.ts';
import { wholeProgram } from '../src/program.ts';
import { shards } from '../src/shards/list.ts';
import type { Shard } from '../src/shards/shard.ts';
import { manPage } from './man.ts';

/** Each generated page by its path. */
export async function pages(): Promise<Record<string, string>> {
  const root = await wholeProgram();
  return {
    'docs/commands.md': commandsPage(root),
    'docs/goblin.1': manPage(root),
    'docs/help.md': helpPage(),
    'docs/storage.md': storagePage(),
  };
}

function commandsPage(root: Command): string {
  return [
    '# Commands',
    '',
    'Made from the command tree by `npm run docs`. Every command also takes the global options at the end.',
    ...root.commands.flatMap(nounSection),
    '',
    '## Global options',
    '',
    ...optionTable(root.options.filter(({ long }) => long !== '--version')),
    '',
  ].join('\n');
}

function nounSection(noun: Command): string[] {
  return ['', `## ${noun.name()}`, ...leaves(noun).flatMap(verbSection)];
}

/** The commands below one that do something, or itself. */
function leaves(command: Command): Command[] {
  return command.commands.length > 0 ? command.commands.flatMap(leaves) : [command];
}

function verbSection(verb: Command): string[] {
  const path = [];
  for (let at: Command | null = verb; at; at = at.parent) path.unshift(at.name());
  const words = verb.registeredArguments.map((argument) => {
    const name = argument.name() + (argument.variadic ? '...' : '');
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const [sentence = '', examples = ''] = verb.description().split('\n\nExamples:\n');
  return [
    '',
    `### goblin ${[...path.slice(1), ...words].join(' ')}`,
    '',
    sentence,
    ...(examples
      ? ['', '```sh', ...examples.split('\n').map((line) => line.replace(/^ {2}\$ /, '')), '```']
      : []),
    ...(verb.options.length > 0 ? ['', ...optionTable(verb.options)] : []),
  ];
}

function optionTable(options: readonly Option[]): string[] {
  const visible = options.filter(({ hidden }) => !hidden);
  return [
    '| option | meaning |',
    '| --- | --- |',
    ...visible.map(
      ({ flags, description }) => `| \`${flags}\` | ${description.replaceAll('|', '\\|')} |`,
    ),
  ];
}

function helpPage(): string {
  return [
    '# Help topics',
    '',
    'Made from the texts of `goblin help <topic>` by `npm run docs`.',
    ...TOPICS.flatMap(({ name, summary, parts }) => [
      '',
      `## ${name}`,
      '',
      `\`goblin help ${name}\`: ${summary}.`,
      ...parts.flatMap((part) => [
        '',
        ...(typeof part === 'string' ? [inText(part)] : table(part)),
      ]),
    ]),
    '',
  ].join('\n');
}

/** Markdown takes these for itself. */
const inText = (text: string) => text.replace(/[<>|\\_*]/g, '\\$&');

function table(items: readonly Item[]): string[] {
  const rows = items.map(([term, meaning]) => `| \`${term}\` | ${inText(meaning)} |`);
  return ['| | |', '| --- | --- |', ...rows];
}

function storagePage(): string {
  return [
    '# Storage',
    '',
    'What the edge Worker keeps in KV, made from `src/shards` by `npm run docs`. Each key carries its small',
    'fields as KV metadata too, so that a list shows the record without reading it.',
    '',
    '| shard | key | TTL |',
    '| --- | --- | --- |',
    ...shards.map((shard) => `| ${shard.title} | \`${shard.pattern}\` | ${ttlOf(shard)} |`),
    ...shards.flatMap(shardSection),
    '',
  ].join('\n');
}

function ttlOf({ ttl }: Shard): string {
  if (ttl === null) return 'none';
  if (ttl === 'session') return 'as long as the session';
  return `${ttl.toLocaleString('en-US')} s`;
}

function shardSection(shard: Shard): string[] {
  const { id, value } = shard.example;
  const text = shard.format === 'raw' ? String(value) : JSON.stringify(value, null, 2);
  const row = shard.fromValue(id, value, { expiration: null, metadata: null });
  // Lists show a handle in place of a key that is a secret.
  const fields = Object.keys(row).map((name) => (name === 'token' ? 'handle' : name));
  return [
    '',
    `## ${shard.title}`,
    '',
    `\`goblin ${shard.name}\` · fields: ${fields.map((name) => `\`${name}\``).join(', ')}`,
    '',
    '```',
    `${shard.key.format(id)}`,
    text,
    '```',
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync('docs', { recursive: true });
  for (const [path, text] of Object.entries(await pages())) writeFileSync(path, text);
}
