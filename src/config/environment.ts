import { usageError } from '../contract/errors.ts';
import { suggest } from '../text/nearest.ts';
import { field, type Section, table, text } from './fields.ts';
import { type Machine, variable } from './machine.ts';
import type { Setting } from './setting.ts';

/** What of a wrangler file counts: its top and, where an environment was chosen, that one's table. */
export interface Selection {
  root: Section;
  chosen: Section | undefined;
  environment: Setting<string> | undefined;
}

/**
 * The environment asked for: `--env`, else `CLOUDFLARE_ENV`. `--env ''` asks for the top level, even where
 * the variable is set, as in wrangler.
 */
export function environmentAskedFor(
  flag: string | undefined,
  env: Machine['env'],
): Setting<string> | undefined {
  if (flag === '') return undefined;
  if (flag !== undefined) return { value: flag, origin: '--env' };
  const value = variable(env, 'CLOUDFLARE_ENV');
  return value === undefined ? undefined : { value, origin: 'CLOUDFLARE_ENV' };
}

/** The names under `env` of a wrangler file, in its order. */
export function environmentNames(root: Section): string[] {
  return Object.keys(table(root, 'env')?.values ?? {});
}

/** Picks an environment's table in a file that a person wrote. Throws `unknown_environment`. */
export function selectEnvironment(root: Section, asked: Setting<string> | undefined): Selection {
  if (asked === undefined) return { root, chosen: undefined, environment: undefined };
  const all = table(root, 'env');
  const chosen = all && table(all, asked.value);
  if (chosen !== undefined) {
    const where = `${root.where} [env.${asked.value}]`;
    return { root, chosen: { ...chosen, where }, environment: asked };
  }
  const names = environmentNames(root);
  throw usageError(
    'unknown_environment',
    `${root.where} has no environment ${asked.value} (${asked.origin})`,
    names.length === 0 ? 'The file has no environments.' : suggest(asked.value, names),
  );
}

/**
 * A file made by a build tool holds one environment at its top level and says which in
 * `targetEnvironment`; asking it for another would act on the wrong one. Throws `unknown_environment`.
 */
export function builtEnvironment(root: Section, asked: Setting<string> | undefined): Selection {
  const built = text(root, 'targetEnvironment');
  if (asked !== undefined && asked.value !== built) {
    throw usageError(
      'unknown_environment',
      `${root.where} was built for ${built ?? 'the top level'}, not for ${asked.value} (${asked.origin})`,
      `Build the Worker again for ${asked.value}.`,
    );
  }
  const environment =
    built === undefined
      ? undefined
      : (asked ?? { value: built, origin: `${root.where} targetEnvironment` });
  return { root, chosen: undefined, environment };
}

/** A text that an environment takes over from the top level unless it has its own. */
export function inherited({ root, chosen }: Selection, name: string): Setting<string> | undefined {
  for (const section of chosen ? [chosen, root] : [root]) {
    const value = text(section, name);
    if (value !== undefined) return { value, origin: `${section.where} ${name}` };
  }
  return undefined;
}

/** The Worker's name: an environment's own, else the top level's with the environment's name behind it. */
export function workerName(selection: Selection): Setting<string> | undefined {
  const { chosen, environment } = selection;
  const name = inherited(selection, 'name');
  if (name === undefined || chosen === undefined || environment === undefined) return name;
  if (field(chosen, 'name') !== undefined) return name;
  return { value: `${name.value}-${environment.value}`, origin: `${name.origin}, ${chosen.where}` };
}
