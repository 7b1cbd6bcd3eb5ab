/** The bindings and routes of a wrangler file, by wrangler's own field names. */
import type { Selection } from './environment.ts';
import { field, requiredText, type Section, table, tables, text } from './fields.ts';
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
  /** The folder of the migrations, relative to the wrangler file. */
  migrationsDir: string | undefined;
  /** The table in which wrangler notes what it has applied. */
  migrationsTable: string | undefined;
  /** A glob for the files of the migrations, relative to the wrangler file. */
  migrationsPattern: string | undefined;
}

export interface DurableObjectBinding {
  name: string;
  className: string;
  /** The Worker that holds the class, where it is another one. */
  scriptName: string | undefined;
}

/** One of the routes on which a Worker is deployed. */
export interface Route {
  /** `edge.example.com`, or with a wildcard and a path: `*.example.com/api/*`. */
  pattern: string;
  customDomain: boolean;
}

export function kvBindings(section: Section): KvBinding[] {
  return tables(section, 'kv_namespaces').map((each) => ({
    binding: requiredText(each, 'binding'),
    id: text(each, 'id'),
    previewId: text(each, 'preview_id'),
  }));
}

export function d1Bindings(section: Section): D1Binding[] {
  return tables(section, 'd1_databases').map((each) => ({
    binding: requiredText(each, 'binding'),
    databaseId: text(each, 'database_id'),
    databaseName: text(each, 'database_name'),
    previewDatabaseId: text(each, 'preview_database_id'),
    migrationsDir: text(each, 'migrations_dir'),
    migrationsTable: text(each, 'migrations_table'),
    migrationsPattern: text(each, 'migrations_pattern'),
  }));
}

export function durableObjectBindings(section: Section): DurableObjectBinding[] {
  const objects = table(section, 'durable_objects');
  if (!objects) return [];
  return tables(objects, 'bindings').map((each) => ({
    name: requiredText(each, 'name'),
    className: requiredText(each, 'class_name'),
    scriptName: text(each, 'script_name'),
  }));
}

/** `routes` or `route`, which an environment takes over from the top level unless it has its own. */
export function routes({ root, chosen }: Selection): Setting<Route[]> {
  for (const section of chosen ? [chosen, root] : [root]) {
    for (const name of ['routes', 'route']) {
      const value = field(section, name);
      if (value === undefined) continue;
      return { value: [value].flat().flatMap(routeOf), origin: `${section.where} ${name}` };
    }
  }
  return { value: [], origin: `${root.where} routes` };
}

/** Wrangler refuses a route of another form at the deploy, so it is none. */
function routeOf(value: unknown): Route[] {
  if (typeof value === 'string') return [{ pattern: value, customDomain: false }];
  const { pattern, custom_domain } = (value ?? {}) as Record<string, unknown>;
  if (typeof pattern !== 'string') return [];
  return [{ pattern, customDomain: custom_domain === true }];
}

/** `workers_dev`, else wrangler's default: only a Worker without routes is on workers.dev. */
export function onWorkersDev({ root, chosen }: Selection, hasRoutes: boolean): boolean {
  const sections = chosen ? [chosen, root] : [root];
  const value = sections.map((section) => field(section, 'workers_dev')).find(isGiven);
  return typeof value === 'boolean' ? value : !hasRoutes;
}

const isGiven = (value: unknown) => value !== undefined;
