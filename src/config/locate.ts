/**
 * Where the wrangler file is. The search begins in the current folder and goes upward; in every folder it
 * looks at the folder itself, then at its `worker/`, for the names in wrangler's own order. The nearest
 * folder wins, so a Worker's own file is never passed over for another one above it.
 */
import { dirname, join, relative, resolve } from 'node:path';
import { usageError } from '../contract/errors.ts';
import { text } from './fields.ts';
import type { Files } from './files.ts';
import { parseFile } from './parse-file.ts';

const NAMES = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml'];
const REDIRECT = join('.wrangler', 'deploy', 'config.json');

export interface Location {
  /** The file to read, absolute. */
  path: string;
  /** The folder of the file a person wrote: where wrangler keeps local state. */
  home: string;
  /** How the file was found: `--config`, the search, or a build tool's redirect. */
  origin: string;
  /** Whether a build tool made the file for one environment: it has no `env` tables to pick from. */
  redirected: boolean;
}

/** A folder and all those above it, nearest first. */
export function upward(dir: string): string[] {
  const parent = dirname(dir);
  return parent === dir ? [dir] : [dir, ...upward(parent)];
}

/** A path as an operator in `cwd` would write it. */
export function pathFrom(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return short !== '' && short.length < path.length ? short : path;
}

function nearestFile(files: Files, cwd: string, names: readonly string[]): string | undefined {
  return upward(cwd)
    .flatMap((dir) => [dir, join(dir, 'worker')])
    .flatMap((dir) => names.map((name) => join(dir, name)))
    .find((path) => files.isFile(path));
}

function chosenFile(files: Files, cwd: string, config: string): string {
  const path = resolve(cwd, config);
  if (!/\.(toml|jsonc?)$/.test(path)) {
    throw usageError(
      'bad_config',
      `--config ${config} is not a wrangler file: its name ends neither in .toml, .json nor .jsonc`,
      'Name a file such as worker/wrangler.toml.',
    );
  }
  if (files.isFile(path)) return path;
  throw usageError(
    'no_config',
    `--config ${config}: there is no such file`,
    `It was looked for at ${path}.`,
  );
}

async function redirectTarget(files: Files, cwd: string, redirect: string): Promise<string> {
  const label = pathFrom(cwd, redirect);
  const hint = 'Build the Worker again, or name the wrangler file with --config.';
  const values = await parseFile(files.readText(redirect), label);
  const configPath = text({ values, where: label }, 'configPath');
  if (configPath === undefined) {
    throw usageError('broken_redirect', `${label} names no configPath`, hint);
  }
  const path = resolve(dirname(redirect), configPath);
  if (files.isFile(path)) return path;
  throw usageError('broken_redirect', `${label} leads to ${configPath}: no such file`, hint);
}

/**
 * The wrangler file to use, or undefined where there is none. `config` is the operator's own choice and
 * is taken as it is. Otherwise `.wrangler/deploy/config.json`, which build tools leave, leads to the file
 * they made; one that stands beside another Worker's file is refused, as wrangler does.
 * Throws `bad_config`, `no_config`, `broken_redirect`, `two_configs`.
 */
export async function locate(
  files: Files,
  cwd: string,
  config: string | undefined,
): Promise<Location | undefined> {
  if (config !== undefined) {
    const path = chosenFile(files, cwd, config);
    return { path, home: dirname(path), origin: '--config', redirected: false };
  }
  const written = nearestFile(files, cwd, NAMES);
  const redirect = nearestFile(files, cwd, [REDIRECT]);
  if (redirect === undefined) {
    if (written === undefined) return undefined;
    const origin = 'nearest to the current folder';
    return { path: written, home: dirname(written), origin, redirected: false };
  }
  const home = dirname(dirname(dirname(redirect)));
  if (written !== undefined && dirname(written) !== home) {
    throw usageError(
      'two_configs',
      `${pathFrom(cwd, written)} and ${pathFrom(cwd, redirect)} belong to different Workers`,
      'Say which file is meant with --config.',
    );
  }
  const path = await redirectTarget(files, cwd, redirect);
  return { path, home, origin: pathFrom(cwd, redirect), redirected: true };
}
