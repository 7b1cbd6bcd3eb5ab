/** The options that every command takes, before the noun or after the verb. */
import { type Command, Option } from 'commander';

export interface GlobalOptions {
  output?: string;
  json?: true;
  time?: string;
  color: boolean;
  verbose?: true;
  local?: true;
  remote?: true;
  env?: string;
  config?: string;
  binding?: string;
  namespaceId?: string;
  persistTo?: string;
}

const OPTIONS: readonly [flags: string, description: string][] = [
  ['-o, --output <format>', 'table, json, ndjson or csv'],
  ['--json', 'short for -o json'],
  ['--time <style>', 'times in tables: relative (on a terminal), local or utc'],
  ['--local', 'work on this machine, in the embedded engine'],
  ['--remote', 'work on Cloudflare'],
  ['-e, --env <name>', 'environment of the wrangler file'],
  ['-c, --config <path>', 'the wrangler file'],
  ['--binding <name>', 'KV namespace by its binding in the wrangler file'],
  ['--namespace-id <id>', 'KV namespace by its id'],
  ['--persist-to <dir>', 'folder of local state'],
  ['--no-color', 'no colour'],
  ['-v, --verbose', 'end with requests, KV operations and time'],
];

/** Adds them to the root, which takes them wherever they stand on the command line. */
export function addGlobalOptions(root: Command): void {
  for (const [flags, description] of OPTIONS) root.addOption(new Option(flags, description));
}
