import { Argument, Option } from 'commander';
import type { AnyAnswer, Method } from '../../api/passthrough.ts';
import { offering } from '../../arguments/offered.ts';
import type { Context } from '../../context.ts';
import { unconfirmed, usageError } from '../../contract/errors.ts';
import { jsonText } from '../../output/text.ts';
import { changing } from '../../plan/audit.ts';
import { confirm } from '../../plan/confirm.ts';
import { suggest } from '../../text/nearest.ts';
import { type Declare, describe } from '../command.ts';
import { readValue } from '../kv/value-argument.ts';
import { fullPath, maskPath, parsePath } from './path.ts';

type Field = readonly [name: string, value: string];

interface Flags {
  field: readonly Field[];
  input?: string;
  include?: true;
  yes?: true;
  dryRun?: true;
}

interface Options extends Flags {
  method: Method;
  path: string;
}

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export const declare: Declare = (noun, run) => {
  noun
    .description(
      describe(
        'Calls any endpoint of Cloudflare’s API, with the target, pace, retries and errors of every other command, ' +
          'and writes its answer. The path is below the account; one that begins with /client/v4/ is not. Whatever ' +
          'is not a GET asks first, and is sent again only where it certainly did not run.',
        [
          'goblin api GET storage/kv/namespaces -f per_page=100',
          'goblin api GET /client/v4/user/tokens/verify',
          'goblin api POST d1/database -f name=goblin-assistant-db --yes',
          'goblin api PUT workers/scripts/goblin-edge/schedules --input @schedules.json --dry-run',
        ],
      ),
    )
    .addArgument(
      offering(new Argument('<method>', METHODS.join(', ')).argParser(parseMethod), METHODS),
    )
    .argument('<path>', 'such as storage/kv/namespaces', parsePath)
    .addOption(
      new Option('-f, --field <key=value>', 'of the query of a GET, else of a JSON body')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--input <body>', 'the body: text, - for stdin, @path for a file')
    .option('--include', 'write status and headers before the answer')
    .option('-y, --yes', 'do not ask before anything is changed')
    .option('--dry-run', 'show what would be sent, and stop')
    .action((method: Method, path: string, flags: Flags) => run(api, { method, path, ...flags }));
};

function parseMethod(word: string): Method {
  const method = METHODS.find((each) => each === word.toUpperCase());
  if (method) return method;
  throw usageError('bad_method', `"${word}" is not a method of the API`, suggest(word, METHODS));
}

function collect(text: string, before: readonly Field[]): Field[] {
  const at = text.indexOf('=');
  if (at > 0) return [...before, [text.slice(0, at), text.slice(at + 1)]];
  throw usageError('bad_field', `"${text}" is not a field`, 'Write it as name=value.');
}

/**
 * Makes one request and writes what comes back.
 * @throws {GoblinError} as the API refuses; exit 6 where a change is not confirmed
 */
export async function api(context: Context, options: Options): Promise<void> {
  if (context.format === 'ndjson' || context.format === 'csv') {
    const message = `the answer cannot be written as ${context.format}`;
    throw usageError('bad_format', message, 'Leave -o out: JSON comes as JSON.');
  }
  const request = await requestOf(context, options);
  if (options.dryRun) return showPlan(context, request);
  const answer =
    request.method === 'GET'
      ? await send(context, request)
      : await change(context, request, options.yes);
  await show(context, answer, options.include === true);
}

/** Sends what may change something, once somebody has agreed. */
async function change(context: Context, request: Prepared, yes = false): Promise<AnyAnswer> {
  const heading = `send ${named(request)}`;
  context.refuseReadOnly(`cannot ${heading}`);
  await confirm(context, { heading, show: () => showPlan(context, request) }, { yes });
  const subject = { target: maskPath(request.path), details: { method: request.method } };
  return changing(context, subject, () => send(context, request)).catch((error: unknown) => {
    throw unconfirmed(error);
  });
}

const named = ({ method, path }: Prepared) => `${method} ${maskPath(path)}`;

interface Prepared {
  method: Method;
  path: string;
  query: readonly Field[];
  body?: { bytes: Uint8Array; type: string };
}

async function requestOf(context: Context, options: Options): Promise<Prepared> {
  const { method, path, field, input } = options;
  if (method === 'GET') {
    if (input === undefined) return { method, path, query: field };
    throw usageError('bad_input', 'a GET has no body', 'Give its query with --field.');
  }
  if (input !== undefined && field.length > 0) {
    const message = '--input and --field exclude each other';
    throw usageError('conflicting_options', message, 'Both are the body: pass one of them.');
  }
  const prepared = { method, path, query: [] };
  if (input !== undefined) {
    const bytes = await readValue(context, input);
    return { ...prepared, body: { bytes, type: typeOf(bytes) } };
  }
  if (field.length === 0) return prepared;
  const bytes = Buffer.from(JSON.stringify(Object.fromEntries(field)));
  return { ...prepared, body: { bytes, type: 'application/json' } };
}

function typeOf(bytes: Uint8Array): string {
  return isJsonText(bytes) ? 'application/json' : 'application/octet-stream';
}

function isJsonText(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString());
    return true;
  } catch {
    return false;
  }
}

async function send(context: Context, { query, path, ...request }: Prepared): Promise<AnyAnswer> {
  const { passThrough } = await import('../../api/passthrough.ts');
  if (context.io.stderr.isTTY) await context.announceTarget();
  const client = await context.api();
  return passThrough(client, { ...request, path: fullPath(path, client.accountId, query) });
}

function showPlan({ log }: Context, request: Prepared): Promise<void> {
  const size = request.body ? `with ${request.body.bytes.length} bytes` : 'without a body';
  return log.note(`${named(request)}, ${size}`);
}

/** The answer as it came; on a terminal JSON is laid out. */
async function show(context: Context, answer: AnyAnswer, withHead: boolean): Promise<void> {
  const { status, headers, bytes } = answer;
  const head = [`HTTP ${status}`, ...[...headers].map(([name, value]) => `${name}: ${value}`)];
  if (withHead) await context.output.raw(Buffer.from(`${head.join('\n')}\n\n`));
  const { isJson } = await import('../../api/passthrough.ts');
  const isLaidOut = context.io.stdout.isTTY && isJson(headers) && isJsonText(bytes);
  if (!isLaidOut) return context.output.raw(bytes);
  await context.output.raw(Buffer.from(jsonText(JSON.parse(Buffer.from(bytes).toString()), 2)));
}
