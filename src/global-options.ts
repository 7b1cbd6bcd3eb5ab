/** The options that every command takes, before the noun or after the verb. */
import { type Command, Option } from 'commander';
import { parseOrigin } from './text/origin.ts';

export interface GlobalOptions {
  output?: string;
  json?: true;
  color: boolean;
  verbose?: true;
  local?: true;
  remote?: true;
  env?: string;
  config?: string;
  binding?: string;
  namespaceId?: string;
  database?: string;
  edge?: string;
  persistTo?: string;
}

const OPTIONS: readonly [flags: string, description: string, parse?: (text: string) => string][] = [
  ['-o, --output <format>', 'table, json, ndjson or csv'],
  ['--json', 'short for -o json'],
  ['--local', 'work on this machine, in the embedded engine'],
  ['--remote', 'work on Cloudflare'],
  ['-e, --env <name>', 'environment of the wrangler file'],
  ['-c, --config <path>', 'the wrangler file'],
  ['--binding <name>', 'KV namespace by its binding in the wrangler file'],
  ['--namespace-id <id>', 'KV namespace by its id'],
  ['--database <name>', 'D1 database by its name, id or binding'],
  ['--edge <url>', 'address of the edge Worker', parseOrigin],
  ['--persist-to <dir>', 'folder of local state'],
  ['--no-color', 'no colour'],
  ['-v, --verbose', 'end with requests, KV operations and time'],
];

/** Adds them to the root, which takes them wherever they stand on the command line. */
export function addGlobalOptions(root: Command): void {
  for (const [flags, description, parse] of OPTIONS) {
    const option = new Option(flags, description);
    root.addOption(parse ? option.argParser(parse) : option);
  }
}
