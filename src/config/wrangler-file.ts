import { usageError } from '../contract/errors.ts';
import {
  builtEnvironment,
  environmentNames,
  inherited,
  type Selection,
  selectEnvironment,
  workerName,
} from './environment.ts';
import { requiredText, type Section, table, tables, text } from './fields.ts';
import type { Files } from './files.ts';
import { locate, pathFrom } from './locate.ts';
import { parseFile, type Table } from './parse-file.ts';
import type { Setting } from './setting.ts';

export interface KvBinding {
  binding: string;
  /** Absent where Cloudflare makes the namespace at the first deploy. */
  id: string | undefined;
  previewId: string | undefined;
}

export interface D1Binding {
  binding: string;
  /** Absent where Cloudflare makes the database at the first deploy. */
  databaseId: string | undefined;
  databaseName: string | undefined;
  previewDatabaseId: string | undefined;
}

export interface DurableObjectBinding {
  name: string;
  className: string;
  /** The Worker that holds the class, where it is another one. */
  scriptName: string | undefined;
}

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
  vars: Setting<Table>;
}

function kvBinding(section: Section): KvBinding {
  return {
    binding: requiredText(section, 'binding'),
    id: text(section, 'id'),
    previewId: text(section, 'preview_id'),
  };
}

function d1Binding(section: Section): D1Binding {
  return {
    binding: requiredText(section, 'binding'),
    databaseId: text(section, 'database_id'),
    databaseName: text(section, 'database_name'),
    previewDatabaseId: text(section, 'preview_database_id'),
  };
}

function durableObjectBinding(section: Section): DurableObjectBinding {
  return {
    name: requiredText(section, 'name'),
    className: requiredText(section, 'class_name'),
    scriptName: text(section, 'script_name'),
  };
}

/** Bindings and vars of an environment are its own: nothing of the top level shines through. */
function bindings({ root, chosen }: Selection) {
  const section = chosen ?? root;
  const setting = <T>(value: T, name: string): Setting<T> => ({
    value,
    origin: `${section.where} ${name}`,
  });
  const objects = table(section, 'durable_objects');
  return {
    kvNamespaces: setting(tables(section, 'kv_namespaces').map(kvBinding), 'kv_namespaces'),
    d1Databases: setting(tables(section, 'd1_databases').map(d1Binding), 'd1_databases'),
    durableObjects: setting(
      objects ? tables(objects, 'bindings').map(durableObjectBinding) : [],
      'durable_objects',
    ),
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
    "Run goblin in the Worker's folder, or pass --config <path>.",
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
    allKvNamespaces: all.flatMap((section) => tables(section, 'kv_namespaces').map(kvBinding)),
    allD1Databases: all.flatMap((section) => tables(section, 'd1_databases').map(d1Binding)),
  };
}
