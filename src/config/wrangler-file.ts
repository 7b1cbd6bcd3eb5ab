import { usageError } from '../contract/errors.ts';
import {
  type D1Binding,
  type DurableObjectBinding,
  d1Bindings,
  durableObjectBindings,
  type KvBinding,
  kvBindings,
  onWorkersDev,
  type Route,
  routes,
} from './bindings.ts';
import {
  builtEnvironment,
  environmentNames,
  inherited,
  type Selection,
  selectEnvironment,
  workerName,
} from './environment.ts';
import { type Section, table } from './fields.ts';
import type { Files } from './files.ts';
import { locate, pathFrom } from './locate.ts';
import { parseFile, type Table } from './parse-file.ts';
import type { Setting } from './setting.ts';

/** What goblin takes from a wrangler file, for the environment that was asked for. */
export interface WranglerFile {
  /** Absolute. */
  path: string;
  /** The path as an operator would write it. */
  label: string;
  /** How the file was found. */
  origin: string;
  /** The folder in which wrangler keeps local state, absolute. */
  home: string;
  environment: Setting<string> | undefined;
  environments: string[];
  name: Setting<string> | undefined;
  accountId: Setting<string> | undefined;
  compatibilityDate: Setting<string> | undefined;
  kvNamespaces: Setting<KvBinding[]>;
  /** Those of every environment and of the top level, whichever was asked for. */
  allKvNamespaces: KvBinding[];
  d1Databases: Setting<D1Binding[]>;
  /** As `allKvNamespaces`. */
  allD1Databases: D1Binding[];
  durableObjects: Setting<DurableObjectBinding[]>;
  routes: Setting<Route[]>;
  /** Whether the Worker is reached under the account's workers.dev address. */
  onWorkersDev: boolean;
  vars: Setting<Table>;
}

/** Bindings and vars of an environment are its own: none is inherited from the top level. */
function bindings({ root, chosen }: Selection) {
  const section = chosen ?? root;
  const setting = <T>(value: T, name: string): Setting<T> => ({
    value,
    origin: `${section.where} ${name}`,
  });
  return {
    kvNamespaces: setting(kvBindings(section), 'kv_namespaces'),
    d1Databases: setting(d1Bindings(section), 'd1_databases'),
    durableObjects: setting(durableObjectBindings(section), 'durable_objects'),
    vars: setting(table(section, 'vars')?.values ?? {}, 'vars'),
  };
}

/** The top level and every environment. */
function allSections(root: Section): Section[] {
  const all = table(root, 'env');
  const environments = environmentNames(root).map((name) => all && table(all, name));
  return [root, ...environments.filter((section) => section !== undefined)];
}

/** `CLOUDFLARE_ENV` may be set for other projects; `--env` is meant for this command and cannot be kept. */
function refuseFlagWithoutFile(environment: Setting<string> | undefined): undefined {
  if (environment?.origin !== '--env') return undefined;
  throw usageError(
    'no_config',
    `--env ${environment.value}: there is no wrangler file to pick it from`,
    "Run goblin in the Worker's folder, or pass --config.",
  );
}

/**
 * The wrangler file for `cwd` (see `locate`), read for the environment asked for; undefined where there is
 * no file. Field names and rules of inheritance are wrangler's
 * (https://developers.cloudflare.com/workers/wrangler/configuration/).
 * Throws `broken_config`, `unknown_environment`, `unreadable_file`, `no_config` and what `locate` throws.
 */
export async function readWranglerFile(
  files: Files,
  cwd: string,
  asked: { config: string | undefined; environment: Setting<string> | undefined },
): Promise<WranglerFile | undefined> {
  const location = await locate(files, cwd, asked.config);
  if (location === undefined) return refuseFlagWithoutFile(asked.environment);
  const { path, home, origin, redirected } = location;
  const label = pathFrom(cwd, path);
  const root = { values: await parseFile(files.readText(path), label), where: label };
  const select = redirected ? builtEnvironment : selectEnvironment;
  const selection = select(root, asked.environment);
  const all = allSections(root);
  const routed = routes(selection);
  return {
    path,
    label,
    home,
    origin,
    environment: selection.environment,
    environments: environmentNames(root),
    name: workerName(selection),
    accountId: inherited(selection, 'account_id'),
    compatibilityDate: inherited(selection, 'compatibility_date'),
    ...bindings(selection),
    routes: routed,
    onWorkersDev: onWorkersDev(selection, routed.value.length > 0),
    allKvNamespaces: all.flatMap(kvBindings),
    allD1Databases: all.flatMap(d1Bindings),
  };
}
