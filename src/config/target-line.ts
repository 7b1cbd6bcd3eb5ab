import { CLOUDFLARE_API } from './api-base.ts';
import type { Database } from './database.ts';
import type { EdgeAddress } from './edge.ts';
import type { Namespace } from './namespace.ts';
import type { Target } from './target.ts';

/** An id short enough for a line of text and long enough to tell it from the others of an account. */
function short(id: string): string {
  return id.length <= 12 ? id : `${id.slice(0, 4)}…${id.slice(-4)}`;
}

function namespaceName(namespace: Namespace): string {
  const { binding } = namespace;
  if (namespace.kind === 'provisioned') return `${binding} of ${namespace.worker}`;
  if (binding === undefined || binding === namespace.id) return short(namespace.id);
  return `${binding} (${short(namespace.id)})`;
}

function databaseName(database: Database): string {
  const { bound } = database;
  if (database.kind === 'named') return database.name;
  if (database.kind === 'provisioned') return `${database.binding} of ${database.worker}`;
  const name = bound?.databaseName ?? bound?.binding;
  if (name === undefined || name === database.id) return short(database.id);
  return `${name} (${short(database.id)})`;
}

function edgeName(edge: EdgeAddress): string {
  return edge.kind === 'known' ? edge.url : `${edge.worker} on workers.dev`;
}

export interface TargetLineParts {
  target: Target;
  /** Undefined where a command does not use it, as the other resources. */
  namespace: Namespace | undefined;
  database: Database | undefined;
  edge: EdgeAddress | undefined;
  environment: string | undefined;
  /** The folder of local state, as it is to be shown; undefined where it plays no part. */
  state: string | undefined;
}

/**
 * What a command works on, in one line: `remote · account 023e…c353 · namespace GOBLIN_KV (0f2a…9b1c) ·
 * env staging`. Names come from files and variables as they are; whoever prints the line escapes them.
 */
export function targetLine(parts: TargetLineParts): string {
  const { target, namespace, database, edge, environment, state } = parts;
  const remote = target.kind === 'remote' ? target : undefined;
  const otherApi = remote !== undefined && remote.apiBase.value !== CLOUDFLARE_API;
  return [
    target.kind,
    ...(remote ? [`account ${short(remote.account.value)}`] : []),
    ...(namespace ? [`namespace ${namespaceName(namespace)}`] : []),
    ...(database ? [`database ${databaseName(database)}`] : []),
    ...(edge ? [`edge ${edgeName(edge)}`] : []),
    ...(environment === undefined ? [] : [`env ${environment}`]),
    ...(otherApi ? [`api ${remote.apiBase.value}`] : []),
    ...(state === undefined ? [] : [`state ${state}`]),
  ].join(' · ');
}
