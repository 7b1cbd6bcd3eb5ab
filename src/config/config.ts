import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { once } from '../contract/once.ts';
import type { Database, DatabaseFlags } from './database.ts';
import type { EdgeAddress } from './edge.ts';
import { environmentAskedFor } from './environment.ts';
import { pathFrom } from './locate.ts';
import type { Machine } from './machine.ts';
import type { Migrations } from './migrations.ts';
import { type Namespace, type NamespaceFlags, resolveNamespace } from './namespace.ts';
import type { Secret } from './secret.ts';
import type { Setting } from './setting.ts';
import {
  completeTarget,
  type Decision,
  decideTarget,
  type Target,
  type TargetFlags,
} from './target.ts';
import { targetLine, targetName } from './target-line.ts';
import { readWranglerFile, type WranglerFile } from './wrangler-file.ts';

/** The command line's options about where a command works; each absent one is decided elsewhere. */
export interface ConfigFlags extends TargetFlags, NamespaceFlags, DatabaseFlags {
  /** `--env`: an environment of the wrangler file. */
  env?: string | undefined;
  /** `--config`: the wrangler file. */
  config?: string | undefined;
  /** `--edge`: the address of the edge. */
  edge?: string | undefined;
  /** `--persist-to`: the folder of local state, as in wrangler. */
  persistTo?: string | undefined;
}

/** What a command may work on, beside the account itself. */
export type ResourceName = 'namespace' | 'database' | 'edge';

/**
 * Where a command works. Each part is resolved on its own when it is first asked for, and once: what a
 * command does not need may be missing.
 */
export interface Config {
  /** The wrangler file, undefined where there is none. Throws what `readWranglerFile` throws. */
  wranglerFile(): Promise<WranglerFile | undefined>;
  /** Local or remote and why; does not ask for an account. Throws what `decideTarget` throws. */
  decision(): Promise<Decision>;
  /** Throws what `decideTarget` and `completeTarget` throw. */
  target(): Promise<Target>;
  /** The KV namespace. Throws what `resolveNamespace` throws. */
  namespace(): Promise<Namespace>;
  /** The namespace of this machine in its place, even for a remote target. Throws the same. */
  localNamespace(): Promise<Namespace>;
  /** The D1 database. Throws what `resolveDatabase` throws. */
  database(): Promise<Database>;
  /** The migrations of the database's binding. Throws what `readMigrations` throws. */
  migrations(): Promise<Migrations>;
  /** The address of the edge. Throws `bad_url`, `no_edge`. */
  edge(): Promise<EdgeAddress>;
  /** The secret of the edge's admin routes, undefined where none is known. Throws `bad_secret`. */
  adminToken(): Promise<Setting<Secret> | undefined>;
  /** The variables in `.dev.vars` beside the wrangler file. Throws `unreadable_file`. */
  devVars(): Promise<Record<string, string>>;
  /** The folder of local state, absolute: what `wrangler dev` would use for the same file. */
  stateDir(): Promise<Setting<string>>;
  /** One line that says what a command is about to work on. Throws what the parts throw. */
  line(resources?: readonly ResourceName[]): Promise<string>;
  /** The target as a question names it: `production (remote, GOBLIN_KV)`. Throws what `decideTarget` throws. */
  place(): Promise<string>;
}

function stateDirOf(
  flags: ConfigFlags,
  cwd: string,
  file: WranglerFile | undefined,
): Setting<string> {
  if (flags.persistTo !== undefined) {
    return { value: resolve(cwd, flags.persistTo), origin: '--persist-to' };
  }
  const origin = file === undefined ? 'the current folder' : `beside ${file.label}`;
  return { value: join(file?.home ?? cwd, '.wrangler', 'state'), origin };
}

/** The configuration of one run of goblin on one machine. Reads nothing by itself. */
export function loadConfig(flags: ConfigFlags, machine: Machine): Config {
  const { env, cwd, files } = machine;
  const environment = environmentAskedFor(flags.env, env);
  const wranglerFile = once(() =>
    readWranglerFile(files, cwd, { config: flags.config, environment }),
  );
  const decision = once(() => decideTarget(flags, machine));
  const target = once(async () => await completeTarget(await decision(), env, wranglerFile));
  const namespaceAt = async (target: 'local' | 'remote') => {
    const file = flags.namespaceId === undefined ? await wranglerFile() : undefined;
    return resolveNamespace(target, flags, file);
  };
  const namespace = once(async () => namespaceAt((await decision()).kind));
  const localNamespace = () => namespaceAt('local');
  const database = once(async () => {
    const { databaseAskedFor, resolveDatabase } = await import('./database.ts');
    const { kind } = await decision();
    return resolveDatabase(kind, databaseAskedFor(flags, env), wranglerFile);
  });
  const migrations = once(async () => {
    const { readMigrations } = await import('./migrations.ts');
    return readMigrations(files, (await database()).bound, await wranglerFile(), cwd);
  });
  const stateDir = once(async () => stateDirOf(flags, cwd, await wranglerFile()));
  const engine = once(async () => machine.engineAt((await stateDir()).value));
  const edge = once(async () => {
    const { deployedEdge, edgeAskedFor, localEdge } = await import('./edge.ts');
    const asked = edgeAskedFor(flags.edge, env);
    if (asked) return asked;
    const isLocal = (await decision()).kind === 'local';
    return isLocal ? localEdge(await engine()) : deployedEdge(await wranglerFile());
  });
  const devVars = once(async () => readDevVars(files, await wranglerFile()));
  const adminToken = once(async () => {
    const edge = await import('./edge.ts');
    const fromVariable = edge.adminToken(env, undefined);
    // A command that has no target fails for that reason, not for want of a secret.
    const kind = (await decision().catch(() => null))?.kind;
    if (fromVariable || kind !== 'local') return fromVariable;
    return edge.adminToken(env, { engine: await engine(), devVars: await devVars() });
  });
  const line = async (resources: readonly ResourceName[] = ['namespace']) => {
    const used = new Set(resources);
    const parts = {
      target: await target(),
      namespace: used.has('namespace') ? await namespace() : undefined,
      database: used.has('database') ? await database() : undefined,
      edge: used.has('edge') ? await edge() : undefined,
    };
    // Where ids say it all, the file plays no part unless an environment was asked for.
    const bound = parts.namespace?.binding !== undefined || parts.database?.bound !== undefined;
    const file = environment !== undefined || bound ? await wranglerFile() : undefined;
    const local = parts.target.kind === 'local';
    const state = local ? pathFrom(cwd, (await stateDir()).value) : undefined;
    return targetLine({ ...parts, environment: file?.environment?.value, state });
  };
  const place = async () => {
    const { kind } = await decision();
    // A command that needs a namespace has failed for want of one before it asks.
    const used = await namespace().catch(() => undefined);
    const file = await wranglerFile().catch(() => undefined);
    return targetName(kind, file?.environment?.value, used);
  };
  return {
    wranglerFile,
    decision,
    target,
    namespace,
    localNamespace,
    database,
    migrations,
    edge,
    adminToken,
    devVars,
    stateDir,
    line,
    place,
  };
}

/** Secrets for local work, from the file where `wrangler dev` looks for them. */
async function readDevVars(
  files: Machine['files'],
  file: WranglerFile | undefined,
): Promise<Record<string, string>> {
  const path = file && join(dirname(file.path), '.dev.vars');
  if (path === undefined || !files.isFile(path)) return {};
  return parseEnv(files.readText(path)) as Record<string, string>;
}
