/** `GET /_goblin/health`: how this isolate is set up, and what it could not do. */
import { version } from '../../package.json';
import { droppedCounts } from './dropped.ts';
import type { Env } from './env.ts';
import { badVariables } from './variables.ts';

/** Bindings by a method that only their kind has. A service comes first: it seems to have every method, by RPC. */
const KINDS: [method: string, kind: string][] = [
  ['connect', 'service'],
  ['getWithMetadata', 'kv'],
  ['prepare', 'd1'],
  ['idFromName', 'durable_object'],
];

/** The body of the answer. Counts are those of one isolate since it started. */
export function describeHealth(env: Env) {
  return {
    version,
    bindings: bindingsOf(env),
    admin_token: Boolean(env.ADMIN_TOKEN),
    bad_variables: badVariables(env),
    dropped: droppedCounts(),
  };
}

/** Name → kind of everything bound that is not a variable. */
function bindingsOf(env: Env): Record<string, string> {
  const bindings: Record<string, string> = {};
  for (const [name, binding] of Object.entries(env)) {
    const kind = kindOf(binding);
    if (kind) bindings[name] = kind;
  }
  return bindings;
}

function kindOf(binding: unknown): string | undefined {
  if (typeof binding !== 'object' || binding === null) return;
  const methods = binding as Record<string, unknown>;
  return KINDS.find(([method]) => typeof methods[method] === 'function')?.[1];
}
