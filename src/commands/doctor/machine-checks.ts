/** Checks of this machine and of the wrangler file: no request is made. */
import type { WranglerFile } from '../../config/wrangler-file.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import { EDGE_BINDING } from '../../local/workers.ts';
import { type Check, type Finding, failed, ok, warning } from './check.ts';

/** The oldest Node that goblin runs on, as package.json's `engines` has it. */
const LEAST_NODE = [20, 19] as const;

/** Whether a Node version such as `20.19.4` is new enough. */
export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = LEAST_NODE;
  const enough = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  if (enough) return ok(version);
  return failed(`${version} is too old`, `Install Node ${LEAST_NODE.join('.')} or newer.`);
}

async function target(context: Context): Promise<Finding> {
  const { kind, origin } = await (await context.config()).decision();
  return ok(`${kind}, by ${origin}`);
}

/** Starts one: an engine that is installed may lack something of this system. Only local work needs it. */
async function engine(context: Context): Promise<Finding> {
  const { kind } = await (await context.config()).decision();
  const { tryEngine } = await import('../../local/engine.ts');
  try {
    await tryEngine();
    return ok('starts');
  } catch (error) {
    if (!(error instanceof GoblinError) || kind === 'local') throw error;
    if (error.code === 'no_engine') return ok(`${error.message}; only local work needs it`);
    return warning(error.message, error.hint ?? 'Only local work needs it.');
  }
}

async function bindings(context: Context): Promise<Finding> {
  const file = await (await context.config()).wranglerFile();
  if (!file) {
    return warning(
      'no wrangler file',
      "`goblin init` writes one; or run goblin in the Worker's folder, or pass --config.",
    );
  }
  const { kvNamespaces, d1Databases } = file;
  if (kvNamespaces.value.length === 0 && d1Databases.value.length === 0) {
    return failed(
      `${file.label} binds no KV namespace`,
      `Add kv_namespaces to ${file.label}${file.environment ? ` under env.${file.environment.value}` : ''}.`,
    );
  }
  const bound = `${file.label}: ${boundNames(file).join(', ')}`;
  if (kvNamespaces.value.some(({ binding }) => binding === EDGE_BINDING)) return ok(bound);
  return warning(
    `${bound}; no KV namespace is bound as ${EDGE_BINDING}, which the edge Worker reads`,
    `Name one ${EDGE_BINDING} before you deploy the edge Worker; \`goblin dev\` gives it the namespace in use.`,
  );
}

function boundNames({ kvNamespaces, d1Databases, durableObjects }: WranglerFile): string[] {
  return [
    ...kvNamespaces.value.map(
      ({ binding, id }) => `KV ${binding}${id ? '' : ' (id from Cloudflare)'}`,
    ),
    ...d1Databases.value.map(({ binding }) => `D1 ${binding}`),
    ...durableObjects.value.map(({ name }) => `Durable Object ${name}`),
  ];
}

export const machineChecks: readonly Check[] = [
  { name: 'node', run: async () => nodeFinding(process.versions.node) },
  { name: 'target', run: target },
  { name: 'engine', needs: ['target'], run: engine },
  { name: 'bindings', run: bindings },
];
