/** The options that every command takes, before the noun or after the verb. */
import { type Command, Option } from 'commander';
import { usageError } from './contract/errors.ts';
import { parseOrigin } from './text/origin.ts';

export interface GlobalOptions {
  /** Not an option but the words before them: `sessions.revoke`. */
  command?: string;
  /** Not a global option but one of lists: milliseconds between two refreshes. */
  watch?: number;
  output?: string;
  json?: true;
  jq?: string;
  time?: string;
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
  actor?: string;
  persistTo?: string;
  readOnly?: true;
}

type Parse = (text: string, before?: string) => string;

const OPTIONS: readonly [flags: string, description: string, parse?: Parse][] = [
  ['-o, --output <format>', 'table, json, ndjson or csv', oneFormat],
  ['--json', 'short for -o json'],
  ['--jq <expr>', 'filter the JSON by a jq expression (implies --json)'],
  ['--time <style>', 'times in tables: relative (on a terminal), local or utc'],
  ['--local', 'work on this machine, in the embedded engine'],
  ['--remote', 'work on Cloudflare'],
  ['-e, --env <name>', 'environment of the wrangler file'],
  ['-c, --config <path>', 'the wrangler file'],
  ['--binding <name>', 'KV namespace by its binding in the wrangler file'],
  ['--namespace-id <id>', 'KV namespace by its id'],
  ['--database <name>', 'D1 database by its name, id or binding'],
  ['--edge <url>', 'address of the edge Worker', parseOrigin],
  ['--persist-to <dir>', 'folder of local state'],
  ['--actor <name>', 'who makes the change, for its record (or GOBLIN_ACTOR)'],
  ['--read-only', 'refuse every change (or GOBLIN_READ_ONLY=1)'],
  ['--no-color', 'no colour'],
  ['-v, --verbose', 'end with what was used: requests, operations, time'],
];

/** @throws {GoblinError} exit 2 where two different ones are asked for */
function oneFormat(text: string, before: string = text): string {
  if (before === text) return text;
  throw usageError(
    'conflicting_options',
    `-o ${before} and -o ${text} exclude each other`,
    'Pass one of them.',
  );
}

/** Adds them to the root, which takes them wherever they stand on the command line. */
export function addGlobalOptions(root: Command): void {
  for (const [flags, description, parse] of OPTIONS) {
    const option = new Option(flags, description);
    root.addOption(parse ? option.argParser(parse) : option);
  }
}

/** Whether a variable switches something on: set to anything but the words for off. */
export function isSet(text: string | undefined): boolean {
  return text !== undefined && !['', '0', 'false', 'no', 'off'].includes(text.toLowerCase());
}
