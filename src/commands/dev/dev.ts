import { randomBytes } from 'node:crypto';
import { Option } from 'commander';
import type { Config } from '../../config/config.ts';
import { localId } from '../../config/namespace.ts';
import type { WranglerFile } from '../../config/wrangler-file.ts';
import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import type { Engine } from '../../local/engine.ts';
import { EDGE_BINDING } from '../../local/workers.ts';
import type { Column } from '../../output/columns.ts';
import { type Declare, describe } from '../command.ts';
import { edgeDatabases, edgeMemory, withResource } from './edge-resources.ts';

interface Options {
  port: number;
  apiPort?: number;
  upstream?: string;
  quiet?: true;
  var: Record<string, string>;
}

export const declare: Declare = (dev, run) => {
  dev
    .description(
      describe('Runs both Workers, edge and live, and the API on this machine until Ctrl-C.', [
        'goblin dev',
        'goblin dev --upstream http://localhost:8000',
        'goblin flags list --local          # in another terminal: attaches to it',
      ]),
    )
    .addOption(new Option('--port <port>', 'port of the edge').default(8787).argParser(parsePort))
    .addOption(
      new Option('--api-port <port>', 'port of the API; any free one').argParser(parsePort),
    )
    .addOption(
      new Option('--upstream <url>', 'the backend; a small built-in one').argParser(parseUpstream),
    )
    .addOption(
      new Option('--var <name=value>', 'variable of the Worker, beside .dev.vars; repeatable')
        .default({}, 'none')
        .argParser(parseVariable),
    )
    .option('--quiet', 'no line for each request and each command that attaches')
    .action((options: Options) => run(serveUntilStopped, options));
};

interface EngineRow {
  edge_url: string | null;
  api_url: string;
  upstream: string;
  state: string;
}

const columns: readonly Column<EngineRow>[] = [
  { name: 'edge_url', kind: 'text' },
  { name: 'api_url', kind: 'text' },
  { name: 'upstream', kind: 'text' },
  { name: 'state', kind: 'text' },
];

/** Serves until the run is interrupted, which is its proper end, or the engine fails. */
async function serveUntilStopped(context: Context, options: Options): Promise<void> {
  const config = await context.config();
  const file = await config.wranglerFile();
  if (!file) {
    throw usageError(
      'no_config',
      'no wrangler file, so there is no Worker to run',
      '`goblin init` writes one; or run it in the Worker’s folder, or pass --config.',
    );
  }
  const { value: state } = await config.stateDir();
  const engine = await start(context, options, { config, file, state });
  try {
    const { edgeUrl, apiUrl } = engine;
    await context.output.one(columns, {
      edge_url: edgeUrl,
      api_url: apiUrl,
      upstream: options.upstream ?? 'built in',
      state,
    });
    await context.log.note('Other goblin commands with --local attach to it. Ctrl-C ends it.');
    const failure = await Promise.race([engine.failed, interrupted(context.signal)]);
    if (failure) throw failure;
  } finally {
    await engine.dispose();
  }
}

interface Place {
  config: Config;
  file: WranglerFile;
  state: string;
}

const UNLIMITED = '1000000000';

async function start(
  context: Context,
  options: Options,
  { config, file, state }: Place,
): Promise<Engine> {
  const [{ serve }, { localResources }, { describeEntry, parseLogLine }] = await Promise.all([
    import('../../local/serve.ts'),
    import('../../connect/local.ts'),
    import('../../local/request-log.ts'),
  ]);
  const { namespaces, databases } = await localResources(config);
  const memory = await edgeMemory(context, config);
  const d1 = await edgeDatabases(context, file);
  // Keep running when a line cannot be shown, for example on a full disk.
  const note = (line: string) => void context.log.note(line).catch(() => {});
  const bindings = file.kvNamespaces.value.map((kv) => [kv.binding, localId(kv)] as const);
  return serve({
    stateDir: state,
    namespaces: withResource(namespaces, memory),
    databases: d1.own === null ? databases : withResource(databases, d1.own),
    edge: {
      name: file.name?.value ?? 'goblin-edge',
      kv: { ...Object.fromEntries(bindings), [EDGE_BINDING]: memory.id },
      d1: d1.bindings,
      vars: {
        // Without a secret there is no admin plane. Commands on this machine find this one in the engine's record.
        ADMIN_TOKEN: randomBytes(24).toString('base64url'),
        ...(file.vars.value as Record<string, string>),
        // The account's daily write limit does not apply to this machine.
        KV_WRITES_PER_DAY: UNLIMITED,
        ...(await config.devVars()),
        ...options.var,
      },
      upstream: options.upstream,
      port: options.port,
      compatibilityDate: file.compatibilityDate?.value,
      live: { kv: memory.id },
      logRequests: !options.quiet,
    },
    apiPort: options.apiPort,
    signal: context.signal,
    onLog: (line) => {
      const entry = parseLogLine(line);
      note(entry ? describeEntry(entry, context.now()) : line);
    },
    onWait: (pid) =>
      note(`waiting for another goblin${pid === null ? '' : ` (process ${pid})`} to end`),
  });
}

function interrupted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw usageError(
    'bad_port',
    `"${text}" is not a valid port`,
    'Write a number from 1 to 65535, or 0 for any free one.',
  );
}

function parseUpstream(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search)
    return url.origin;
  throw usageError(
    'bad_url',
    `"${text}" is not a valid address of a backend`,
    'Write it as http://localhost:8000, without a path.',
  );
}

function parseVariable(text: string, before: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return { ...before, [name]: value };
  throw usageError('bad_variable', `"${text}" is not a valid variable`, 'Write it as NAME=value.');
}
