import { GoblinError } from '../contract/errors.ts';
import { apiBase } from './api-base.ts';
import type { Config } from './config.ts';
import { type Credentials, credentialsFromEnvironment } from './credentials.ts';
import type { Database } from './database.ts';
import { type Machine, variable } from './machine.ts';
import type { Namespace } from './namespace.ts';
import type { Setting } from './setting.ts';
import { resolveAccount } from './target.ts';
import type { WranglerFile } from './wrangler-file.ts';

/** One line of `config show`. A setting that is not there has null for its value and origin. */
export interface ConfigRow {
  setting: string;
  value: string | null;
  origin: string | null;
  /** Why there is no value, where that would stop a command. */
  problem: string | null;
}

type Shown = Setting<string> | undefined;
type Env = Machine['env'];

function credentialsText(credentials: Credentials): string {
  if (credentials.kind === 'token') return `token, set (${credentials.token.length} characters)`;
  return `key of ${credentials.email}, set (${credentials.key.length} characters)`;
}

/** Local work needs no credentials: they are shown where they are set, and wrangler is not asked. */
async function credentials(config: Config, env: Env): Promise<Shown> {
  const decision = await config.decision();
  const found = decision.kind === 'remote' ? decision.credentials : credentialsFromEnvironment(env);
  return found && { value: credentialsText(found.value), origin: found.origin };
}

/** Local work needs no account either, so only a remote target reports that it is missing. */
async function account(config: Config, env: Env): Promise<Shown> {
  const known =
    variable(env, 'CLOUDFLARE_ACCOUNT_ID') ?? (await config.wranglerFile())?.accountId?.value;
  if (known === undefined && (await config.decision()).kind === 'local') return undefined;
  return await resolveAccount(env, config.wranglerFile);
}

function namespaceText(namespace: Namespace): string {
  const { binding } = namespace;
  if (namespace.kind === 'provisioned') return `${binding} (as deployed with ${namespace.worker})`;
  if (binding === undefined || binding === namespace.id) return namespace.id;
  return `${binding} (${namespace.id})`;
}

async function namespace(config: Config): Promise<Shown> {
  const found = await config.namespace();
  return { value: namespaceText(found), origin: found.origin };
}

async function database(config: Config): Promise<Shown> {
  const found = await unlessMissing(config.database(), 'no_database');
  return found && { value: databaseText(found), origin: found.origin };
}

function databaseText(database: Database): string {
  const { bound } = database;
  if (database.kind === 'named') return `${database.name} (id from Cloudflare)`;
  if (database.kind === 'provisioned') {
    return `${database.binding} (as deployed with ${database.worker})`;
  }
  const { id } = database;
  return bound === undefined || bound.binding === id ? id : `${bound.binding} (${id})`;
}

async function edge(config: Config): Promise<Shown> {
  const found = await unlessMissing(config.edge(), 'no_edge');
  if (!found) return undefined;
  const { origin } = found;
  const value = found.kind === 'known' ? found.url : `${found.worker} on the account's workers.dev`;
  return { value, origin };
}

async function adminToken(config: Config): Promise<Shown> {
  const found = await config.adminToken();
  return found && { value: `set (${found.value.length} characters)`, origin: found.origin };
}

/** Most commands need neither a database nor the edge: that there is none is not a problem. */
async function unlessMissing<T>(found: Promise<T>, code: string): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof GoblinError && error.code === code) return undefined;
    throw error;
  }
}

async function target(config: Config): Promise<Shown> {
  const { kind, origin } = await config.decision();
  return { value: kind, origin };
}

function names<T>({ value, origin }: Setting<T[]>, name: (item: T) => string): Shown {
  return value.length === 0 ? undefined : { value: value.map(name).join(', '), origin };
}

/** A setting that stands in the wrangler file; without a file there is none. */
function inFile(read: (file: WranglerFile) => Shown) {
  return async (config: Config): Promise<Shown> => {
    const file = await config.wranglerFile();
    return file && read(file);
  };
}

/** What `config show` shows, in its order. */
const SETTINGS: [string, (config: Config, env: Env) => Promise<Shown>][] = [
  ['target', target],
  ['credentials', credentials],
  ['account', account],
  ['cloudflare api', async (_config, env) => apiBase(env)],
  ['wrangler file', inFile((file) => ({ value: file.label, origin: file.origin }))],
  ['environment', inFile((file) => file.environment)],
  ['worker', inFile((file) => file.name)],
  ['namespace', namespace],
  ['database', database],
  ['edge', edge],
  ['admin token', adminToken],
  ['durable objects', inFile((file) => names(file.durableObjects, ({ name }) => name))],
  ['local state', (config) => config.stateDir()],
];

/**
 * Every setting with its value and where that came from. It exists to find out what is wrong, so what is
 * missing or refused is a row's problem and never thrown. No part of a token or key is in any row.
 */
export async function configRows(config: Config, env: Env): Promise<ConfigRow[]> {
  const rows = SETTINGS.map(async ([setting, read]): Promise<ConfigRow> => {
    try {
      const { value = null, origin = null } = (await read(config, env)) ?? {};
      return { setting, value, origin, problem: null };
    } catch (error) {
      if (!(error instanceof GoblinError)) throw error;
      return { setting, value: null, origin: null, problem: error.message };
    }
  });
  return await Promise.all(rows);
}
