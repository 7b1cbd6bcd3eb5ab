import { GoblinError, usageError } from '../contract/errors.ts';
import { parseOrigin } from '../text/origin.ts';
import type { Route } from './bindings.ts';
import { type Machine, variable } from './machine.ts';
import { Secret } from './secret.ts';
import type { Setting } from './setting.ts';
import type { WranglerFile } from './wrangler-file.ts';

/**
 * Where the edge is reached. `known`: its origin, such as `https://edge.example.com`, without a slash at its
 * end. `workers_dev`: `https://<worker>.<subdomain>.workers.dev`, whose subdomain only the account's API knows.
 */
export type EdgeAddress = { origin: string } & (
  | { kind: 'known'; url: string }
  | { kind: 'workers_dev'; worker: string }
);

/** What is known of an engine that runs on a local state. */
export interface RunningEngine {
  edgeUrl: string | null;
  adminToken: string | null;
}

export const EDGE_VARIABLE = 'GOBLIN_EDGE_URL';
export const ADMIN_VARIABLE = 'GOBLIN_ADMIN_TOKEN';

/** `--edge`, else `GOBLIN_EDGE_URL`. @throws {GoblinError} `bad_url` */
export function edgeAskedFor(
  flag: string | undefined,
  env: Machine['env'],
): EdgeAddress | undefined {
  if (flag !== undefined) return { kind: 'known', url: parseOrigin(flag), origin: '--edge' };
  const text = variable(env, EDGE_VARIABLE);
  if (text === undefined) return undefined;
  return { kind: 'known', url: parseOrigin(text), origin: EDGE_VARIABLE };
}

/** The edge of an engine on this machine. @throws {GoblinError} `no_edge` where none runs */
export function localEdge(engine: RunningEngine | null): EdgeAddress {
  if (engine?.edgeUrl) return { kind: 'known', url: engine.edgeUrl, origin: 'goblin dev' };
  throw noEdge('no edge runs on this machine', 'Start it with `goblin dev`, or pass --edge.');
}

/**
 * Where the Worker of a wrangler file is deployed: a custom domain, a route of a whole host, workers.dev.
 * @throws {GoblinError} `no_edge`
 */
export function deployedEdge(file: WranglerFile | undefined): EdgeAddress {
  const { value: routes = [], origin = '' } = file?.routes ?? {};
  const byDomain = routes.filter(({ customDomain }) => customDomain);
  const host = [...byDomain, ...routes].map(hostOf).find((each) => each !== undefined);
  if (host !== undefined) return { kind: 'known', url: `https://${host}`, origin };
  if (file?.name && file.onWorkersDev) {
    return { kind: 'workers_dev', worker: file.name.value, origin: file.name.origin };
  }
  throw noEdge(
    'the address of the edge is unknown',
    `Pass --edge with its address, set ${EDGE_VARIABLE}, or name a route in the wrangler file.`,
  );
}

function noEdge(message: string, hint: string): GoblinError {
  return new GoblinError('access', 'no_edge', message, { hint });
}

/** The host of a route that covers all of it; undefined for one with a wildcard or a path. */
function hostOf({ pattern }: Route): string | undefined {
  return /^(?:https?:\/\/)?([\w.-]+)\/?\*?$/.exec(pattern)?.[1];
}

/**
 * The Worker's `ADMIN_TOKEN`: `GOBLIN_ADMIN_TOKEN`, and for local work what the running engine was given,
 * else `.dev.vars`. Undefined where none is known.
 * @throws {GoblinError} `bad_secret` for one that a header cannot hold
 */
export function adminToken(
  env: Machine['env'],
  local: { engine: RunningEngine | null; devVars: Record<string, string> } | undefined,
): Setting<Secret> | undefined {
  const candidates = [
    [variable(env, ADMIN_VARIABLE), ADMIN_VARIABLE],
    [local?.engine?.adminToken, 'goblin dev'],
    [local?.devVars.ADMIN_TOKEN, '.dev.vars'],
  ] as const;
  for (const [text, origin] of candidates) {
    if (text) return { value: checkedSecret(text, origin), origin };
  }
  return undefined;
}

function checkedSecret(text: string, origin: string): Secret {
  if (/^[!-~]+$/.test(text)) return new Secret(text);
  throw usageError(
    'bad_secret',
    `${origin} is not a valid token`,
    'It has printable ASCII without blanks.',
  );
}
