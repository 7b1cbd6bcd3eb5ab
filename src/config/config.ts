import { join, resolve } from 'node:path';
import { environmentAskedFor } from './environment.ts';
import { pathFrom } from './locate.ts';
import type { Machine } from './machine.ts';
import { type Namespace, type NamespaceFlags, resolveNamespace } from './namespace.ts';
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
export interface ConfigFlags extends TargetFlags, NamespaceFlags {
  /** `--env`: an environment of the wrangler file. */
  env?: string | undefined;
  /** `--config`: the wrangler file. */
  config?: string | undefined;
  /** `--persist-to`: the folder of local state, as in wrangler. */
  persistTo?: string | undefined;
}

/** Where a command works. Each part is found out when first asked for, and once. */
export interface Config {
  /** The wrangler file, undefined where there is none. Throws what `readWranglerFile` throws. */
  wranglerFile(): Promise<WranglerFile | undefined>;
  /** Local or remote and why; does not ask for an account. Throws what `decideTarget` throws. */
  decision(): Promise<Decision>;
  /** Throws what `decideTarget` and `completeTarget` throw. */
  target(): Promise<Target>;
  /** Throws what `resolveNamespace` throws. */
  namespace(): Promise<Namespace>;
  /** The namespace that this machine has in its place, whatever the target. Throws the same. */
  localNamespace(): Promise<Namespace>;
  /** The folder of local state, absolute: what `wrangler dev` would use for the same file. */
  stateDir(): Promise<Setting<string>>;
  /** One line that says what a command is about to work on. Throws what the parts throw. */
  line(): Promise<string>;
  /** The target as a question names it: `production (remote, GOBLIN_KV)`. Throws what `decideTarget` throws. */
  place(): Promise<string>;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
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
  const stateDir = once(async () => stateDirOf(flags, cwd, await wranglerFile()));
  const line = once(async () => {
    const parts = { target: await target(), namespace: await namespace() };
    // With the namespace given by its id, the file plays no part unless an environment was asked for.
    const matters = environment !== undefined || parts.namespace.binding !== undefined;
    const file = matters ? await wranglerFile() : undefined;
    const local = parts.target.kind === 'local';
    const state = local ? pathFrom(cwd, (await stateDir()).value) : undefined;
    return targetLine({ ...parts, environment: file?.environment?.value, state });
  });
  const place = async () => {
    const { kind } = await decision();
    // A command that needs a namespace has failed for want of one before it asks.
    const used = await namespace().catch(() => undefined);
    const file = await wranglerFile().catch(() => undefined);
    return targetName(kind, file?.environment?.value, used);
  };
  return { wranglerFile, decision, target, namespace, localNamespace, stateDir, line, place };
}
